"""What fills the terminal: loading, error, main and help."""
