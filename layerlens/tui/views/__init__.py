"""The views of the main screen, one module each; ``base`` says what all can do."""
