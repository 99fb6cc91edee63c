"""Columns of numbers as bytes that mean the same on every machine."""

from __future__ import annotations

import sys
from array import array
from typing import Literal

Order = Literal["little", "big"]


def ordered(column: array[int], order: Order) -> array[int]:
    """The column with the bytes of each number in this order, or back from it.

    It is the column itself where the machine has that order anyway.
    """
    if order == sys.byteorder:
        return column
    turned = array(column.typecode, column)
    turned.byteswap()
    return turned
