"""Images as engines keep them on this machine, read from their own files."""
