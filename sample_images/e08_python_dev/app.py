"""A page that counts its readers."""

from itertools import count

from flask import Flask

app = Flask(__name__)
readers = count(1)


@app.get("/")
def page() -> str:
    """Greet with a number."""
    return f"You are reader {next(readers)}.\n"
