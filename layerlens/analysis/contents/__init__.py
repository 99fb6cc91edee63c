"""What LayerLens looks at inside files."""
