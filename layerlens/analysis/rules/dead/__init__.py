"""Bytes that are in an image's layers and not in its filesystem: what became of each."""
