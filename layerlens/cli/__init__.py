"""The composition root: arguments in, streams and an exit code out."""
