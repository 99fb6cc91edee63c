"""From the bytes of a layer to its entries."""
