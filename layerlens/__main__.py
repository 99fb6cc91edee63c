"""``python -m layerlens``."""

from layerlens.cli.main import run

if __name__ == "__main__":
    run()
