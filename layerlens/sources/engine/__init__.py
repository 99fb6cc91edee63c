"""Engines that speak Docker's API: the Docker Engine and podman.

Nothing is imported here: the Docker SDK brings a whole HTTP stack.
"""
