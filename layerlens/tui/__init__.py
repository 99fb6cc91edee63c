"""The terminal UI: the only part of LayerLens that imports Textual.

Import :mod:`layerlens.tui.app` only when a terminal is to be filled; loading
Textual takes longer than analysing a small image.
"""
