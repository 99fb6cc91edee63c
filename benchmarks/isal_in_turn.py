"""The yardstick for gzip layers: one isal thread over all blobs in turn."""

import sys

from isal import igzip_lib

for path in sys.argv[1:]:
    decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    with open(path, "rb", buffering=0) as file:
        while piece := file.read(1 << 16):
            decoder.decompress(piece, 1 << 18)
            while not decoder.needs_input and not decoder.eof:
                decoder.decompress(b"", 1 << 18)
