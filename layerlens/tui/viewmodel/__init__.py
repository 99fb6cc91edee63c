"""What the terminal UI shows, without a terminal: pure Python, tested without Textual.

- :mod:`pathtree`  every path of the image, numbered so that a directory's content is a range
- :mod:`views`     one layer's changes, or the filesystem up to a layer, as columns with sums
- :mod:`rows`      the visible lines of a view: expand, collapse, sort
- :mod:`browser`   what the user is looking at: layer, aggregate or changes, filters, cursor
- :mod:`layers`    the rows of the layer list and the figures of the header
- :mod:`text`      names of strangers made safe to print; sizes, shares and bars
"""
