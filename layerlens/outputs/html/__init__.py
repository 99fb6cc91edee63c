"""The HTML report: one file that needs no network, and the data in it."""
