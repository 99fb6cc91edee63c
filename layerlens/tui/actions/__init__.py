"""What keys do that takes several steps: a module for each."""
