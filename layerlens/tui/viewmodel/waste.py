"""Where the waste of a view lies, in the order in which a user wants to see it."""

from __future__ import annotations

from array import array

from layerlens.tui.viewmodel.views import View, both


def stops(view: View) -> array[int]:
    """The items to look at for waste, the most dead bytes first; equals in path order.

    A directory is one stop in place of all that it holds where every file in it
    that has bytes also has waste: a deleted directory of 5,000 files, or one whose
    owner was changed.  The stop is then the deepest directory that holds all of
    it.  Elsewhere each file with waste is a stop, and so is a directory for the
    waste of paths that the view does not show any more.
    """
    dead = view.dead.by_item()
    size, end = view.size, view.end
    # Files with bytes and without waste, one byte per item.
    sound = bytearray(both(bytes(map(bool, size)), view.present))
    for i in view.directories:
        sound[i] = sound[i] and view.own(i) > 0
    for item in dead:
        sound[item] = 0
    found: list[tuple[int, int]] = []
    covered = bytearray(len(view))  # by a stop above
    after = 1  # where the last stop ends
    for i in view.directories:
        if i < after or sound.find(1, i, end[i]) >= 0:
            continue
        waste = view.waste(i)
        if waste:
            found.append((-waste, _deepest(view, i, waste)))
            after = end[i]
            covered[i:after] = b"\1" * (after - i)
    found += [(-waste, item) for item, waste in dead.items() if item and not covered[item]]
    return array("i", (item for _, item in sorted(found)))


def _deepest(view: View, item: int, waste: int) -> int:
    """The deepest item that holds the same waste as the one given."""
    end = view.end
    child = item + 1
    while child < end[item]:
        inside = view.waste(child)
        if inside == waste:
            item, child = child, child + 1
        elif inside:
            break
        else:
            child = end[child]
    return item
