"""An analysis as bytes: JSON, text for people, and lists of files."""
