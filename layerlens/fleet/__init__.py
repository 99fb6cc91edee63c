"""Many images together: what they share, and the waste that they have in common.  Pure."""
