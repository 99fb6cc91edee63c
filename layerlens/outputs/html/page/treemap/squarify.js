// Rectangles whose areas are as their weights, and as square as can be.
//
// Bruls, Huizing and van Wijk, "Squarified treemaps" (2000): rows are filled along the
// shorter side, and a row ends when one more would make its worst rectangle worse.

/**
 * Lay out weights, the largest first, in a box {x, y, w, h} with some area.
 * `place(index, x, y, w, h)` is called for each, in order.
 */
export function squarify(weights, { x, y, w, h }, place) {
  let left = 0;
  for (const weight of weights) left += weight;
  let start = 0;
  while (start < weights.length && left > 0) {
    const side = Math.min(w, h);
    const scale = (w * h) / left;
    let sum = weights[start] * scale;
    let worst = ratio(sum, sum, sum, side);
    let end = start + 1;
    while (end < weights.length) {
      const area = weights[end] * scale;
      const next = ratio(weights[start] * scale, area, sum + area, side);
      if (next > worst) break;
      worst = next;
      sum += area;
      end += 1;
    }
    const thick = end === weights.length ? (w >= h ? w : h) : sum / side;
    let along = 0;
    for (let at = start; at < end; at += 1) {
      const long = ((weights[at] * scale) / sum) * side;
      if (w >= h) place(at, x, y + along, thick, long);
      else place(at, x + along, y, long, thick);
      along += long;
      left -= weights[at];
    }
    if (w >= h) {
      x += thick;
      w -= thick;
    } else {
      y += thick;
      h -= thick;
    }
    start = end;
  }
}

/** The worst relation of sides in a row: `large` and `small` its outer areas. */
function ratio(large, small, sum, side) {
  const square = sum * sum;
  const edge = side * side;
  return Math.max((edge * large) / square, square / (edge * small));
}
