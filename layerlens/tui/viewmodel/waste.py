"""Where the waste of a view lies, in the order in which a user wants to see it."""

from __future__ import annotations

from array import array
from itertools import compress

from layerlens.tui.viewmodel.views import View


def stops(view: View) -> array[int]:
    """The nodes to look at for waste, the most dead bytes first; equals in path order.

    A directory is one stop in place of all that it holds where every file in it
    that has bytes also has waste: a deleted directory of 5,000 files, or one whose
    owner was changed.  The stop is then the deepest directory that holds all of
    it.  Elsewhere each file with waste is a stop, and so is a directory for the
    waste of paths that the view does not show any more.
    """
    amounts = view.dead.amounts
    dead = {node: amounts[node] for node in compress(range(len(amounts)), view.dead.positive)}
    hidden = [node for node in dead if not view.shown[node]]
    nearest = view.stand_ins(hidden)
    for node in hidden:
        dead[nearest[node]] = dead.get(nearest[node], 0) + dead.pop(node)
    end = view.tree.end
    sound = bytearray(view.sound)  # files with bytes and without waste
    for node in dead:
        sound[node] = 0
    found: list[tuple[int, int]] = []
    covered = bytearray(len(sound))  # by a stop above
    after = 1  # where the last stop ends
    healthy = -1  # the next sound file
    for node in view.tree.directories:
        if node < after or not view.shown[node]:
            continue
        if healthy < node:
            healthy = sound.find(1, node)
            if healthy < 0:
                healthy = len(sound)
        if healthy < end[node]:
            continue
        waste = view.waste(node)
        if waste:
            found.append((-waste, _deepest(view, node, waste)))
            after = end[node]
            covered[node:after] = b"\1" * (after - node)
    found += [(-waste, node) for node, waste in dead.items() if node and not covered[node]]
    return array("i", (node for _, node in sorted(found)))


def _deepest(view: View, node: int, waste: int) -> int:
    """The deepest shown node that holds the same waste as the one given."""
    end, shown = view.tree.end, view.shown
    child = shown.find(1, node + 1, end[node])
    while child >= 0:
        inside = view.waste(child)
        if inside == waste:
            node = child
            child = shown.find(1, node + 1, end[node])
        elif inside:
            break
        else:
            child = shown.find(1, end[child], end[node])
    return node
