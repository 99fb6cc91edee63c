// From one rectangle to the next, by the arrow keys.

const TURN = {
  ArrowRight: (r) => r,
  ArrowLeft: (r) => ({ x: -r.x - r.w, y: r.y, w: r.w, h: r.h }),
  ArrowDown: (r) => ({ x: r.y, y: r.x, w: r.h, h: r.w }),
  ArrowUp: (r) => ({ x: -r.y - r.h, y: r.x, w: r.h, h: r.w }),
};

/**
 * The neighbour of a rectangle in the direction of an arrow key, or null: the nearest that
 * begins where this one ends, those that lie beside it before those that lie askew.
 */
export function neighbour(cells, from, key) {
  // Every direction is turned to the right, so that there is one rule.
  const turn = TURN[key];
  const here = turn(from);
  const middle = here.y + here.h / 2;
  let best = null;
  let least = Infinity;
  for (const cell of cells) {
    if (cell === from) continue;
    const there = turn(cell);
    const ahead = there.x - (here.x + here.w);
    if (ahead < -1) continue;
    const apart = Math.max(0, there.y - (here.y + here.h - 1), here.y - (there.y + there.h - 1));
    const aside = Math.max(0, there.y - middle, middle - (there.y + there.h));
    const cost = ahead + aside + (apart > 0 ? 1e6 + apart : 0);
    if (cost < least) {
      least = cost;
      best = cell;
    }
  }
  return best;
}
