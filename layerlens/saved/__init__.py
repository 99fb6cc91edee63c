"""A whole analysis in a file, and back: for whoever looks at an image once and reads of it later."""
