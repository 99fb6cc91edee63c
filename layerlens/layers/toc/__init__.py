"""Tables of contents inside layer blobs: a layer's entries without its contents."""
