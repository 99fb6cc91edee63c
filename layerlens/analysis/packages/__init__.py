"""Packages of every kind that an image holds, read from its own databases."""
