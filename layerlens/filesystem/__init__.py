"""What the layers do to the filesystem: stacking, changes, and the fate of every byte."""
