"""A memory of layers on disk, so that the second look at an image reads next to nothing."""
