"""The rules themselves, a module for each subject."""
