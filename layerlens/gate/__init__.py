"""Gates: what is demanded of an image, and whether it holds.  Pure: an analysis in, a verdict out."""
