// Which rectangles of a treemap can be seen, and where: directories inside each other, as
// deep as there is room.  What is too small to see is laid out as one.

import { squarify } from "./squarify.js";

/** Height of the strip that names a directory, and what a directory must measure to have one. */
const STRIP = 18;
const STRIP_WIDTH = 52;
const STRIP_HEIGHT = 44;

/** A directory smaller than this is one rectangle; a rectangle of less area is merged. */
const OPENS_AT = 14;
const LEAST_AREA = 10;

/**
 * The cells of a treemap, outer ones before those inside them.
 *
 * `source`: {weight(node), children(node), folder(node)}.  A cell is {node, parent, level,
 * x, y, w, h, weight, open (its content is drawn), strip (height of its strip, 0: none), small
 * (the nodes in `node` that it stands for; null: it is `node` itself), rest (how many these
 * are), chain (cells of directories that alone fill it, one in the other: its strip names
 * them, too)}; all in whole pixels.
 *
 * `only` are the children of the root that are laid out, where that is not all of them: the
 * root's own cell then stands for these, in its `small`.
 */
export function layout(source, root, width, height, only = null) {
  const cells = [];
  const children = (node) => (only && node === root ? only : source.children(node));
  const put = (node, parent, [x, y, w, h], weight, small = null) => {
    const level = parent ? parent.level + 1 : 0;
    const rest = small?.length ?? 0;
    const cell = { node, parent, level, x, y, w, h, weight, open: false, strip: 0, small, rest, chain: [] };
    cells.push(cell);
    return cell;
  };
  const add = (node, parent, box, weight, small) => {
    const cell = put(node, parent, box, weight, small);
    if ((!small || !parent) && weight > 0 && source.folder(node)) open(cell, parent === null);
  };

  /** `head` is the cell whose chain this one ends: it has no strip and no edge of its own. */
  function open(cell, outermost, head = null) {
    if (!outermost && Math.min(cell.w, cell.h) < OPENS_AT) return;
    const strip = outermost || (!head && cell.w >= STRIP_WIDTH && cell.h >= STRIP_HEIGHT);
    cell.strip = strip ? STRIP : 0;
    cell.open = true;
    const edge = outermost || head ? 0 : 1;
    const box = {
      x: cell.x + edge,
      y: cell.y + (cell.strip || edge),
      w: cell.w - 2 * edge,
      h: cell.h - (cell.strip || edge) - edge,
    };
    if (box.w < 1 || box.h < 1) return;
    const { nodes, weights, small } = visible(source, children(cell.node), box.w * box.h);
    if (!outermost && weights.length === 1 && nodes.length && source.folder(nodes[0])) {
      const only = put(nodes[0], cell, [box.x, box.y, box.w, box.h], weights[0]);
      const first = head ?? cell;
      first.chain.push(only);
      open(only, false, first);
      return;
    }
    squarify(weights, box, (at, x, y, w, h) => {
      // Edges are rounded, not sizes, so that neighbours still meet.
      const left = Math.round(x);
      const top = Math.round(y);
      const across = Math.round(x + w) - left;
      const down = Math.round(y + h) - top;
      if (across < 1 || down < 1) return;
      const rest = at === nodes.length;
      add(rest ? cell.node : nodes[at], cell, [left, top, across, down], weights[at], rest ? small : null);
    });
  }

  if (width >= 1 && height >= 1) {
    const weight = only ? only.reduce((sum, node) => sum + source.weight(node), 0) : source.weight(root);
    add(root, null, [0, 0, width, height], weight, only);
  }
  return cells;
}

/** Which of some children can be seen in an area, the largest first, and the others as one. */
function visible(source, children, area) {
  let all = 0;
  for (const child of children) all += source.weight(child);
  const least = (all * LEAST_AREA) / area;
  const nodes = [];
  const small = [];
  let left = all;
  for (const child of children) {
    const weight = source.weight(child);
    if (weight <= 0) continue;
    if (weight < least) {
      small.push(child);
      continue;
    }
    nodes.push(child);
    left -= weight;
  }
  nodes.sort((a, b) => source.weight(b) - source.weight(a) || a - b);
  const weights = nodes.map((child) => source.weight(child));
  // The differences of floating point are no bytes.
  if (small.length && left > 0) weights.push(left);
  return { nodes, weights, small };
}

/** The innermost cell at a point, or null. */
export function cellAt(cells, x, y) {
  for (let at = cells.length - 1; at >= 0; at -= 1) {
    const cell = cells[at];
    if (x >= cell.x && x < cell.x + cell.w && y >= cell.y && y < cell.y + cell.h) return cell;
  }
  return null;
}
