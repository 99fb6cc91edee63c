// The first of many in order, without putting all of them in order.

/**
 * Indices of `keys` (numbers or texts), the smallest first (`down`: the largest), equal
 * ones as they came.  Gives {take(n)}: the next n of them.  Each hundred of 100,000 costs
 * one pass instead of a sort.
 */
export function inOrder(keys, down) {
  const before = (a, b) => {
    const one = keys[a];
    const other = keys[b];
    if (one < other) return !down;
    if (one > other) return down;
    return a < b;
  };
  const compare = (a, b) => (before(a, b) ? -1 : 1);
  let taken = 0;

  /** The first n: most keys are only compared with the last of those so far. */
  function select(n) {
    const found = [];
    let worst = -1;
    for (let at = 0; at < keys.length; at += 1) {
      if (worst >= 0 && !before(at, worst)) continue;
      found.push(at);
      if (found.length < 2 * n) continue;
      found.sort(compare).length = n;
      worst = found[n - 1];
    }
    return found.sort(compare).slice(0, n);
  }

  return {
    take(n) {
      const found = n > 0 ? select(taken + n).slice(taken) : [];
      taken += found.length;
      return found;
    },
  };
}
