"""What the terminal UI shows, without a terminal: pure Python, tested without Textual.

- :mod:`pathtree`  every path of the image, numbered so that a directory's content is a range
- :mod:`views`     what layers changed, or the filesystem up to a layer, as columns with sums
- :mod:`makeviews` makes them: of one layer, of a range, of the aggregate
- :mod:`matching`  text, globs, regular expressions and fuzzy searches
- :mod:`waste`     where the dead bytes of a view lie, the most first
- :mod:`rows`      the visible lines of a view: expand, collapse, sort
- :mod:`browser`   what the user is looking at: layers, aggregate or changes, filters
- :mod:`history`   what the layers did to one path
- :mod:`layers`    the rows of the layer list and the figures of the header
- :mod:`text`      names of strangers made safe to print; sizes, shares and bars
"""
