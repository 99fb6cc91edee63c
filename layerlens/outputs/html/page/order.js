// The first of many in order, without putting all of them in order.

/**
 * Indices of `keys` (numbers or texts), the smallest first (`down`: the largest), equal
 * ones as they came.  Gives {take(n)}: the next n of them.  The first hundred of 100,000 cost
 * one pass, what is taken later a heap, instead of a sort.
 */
export function inOrder(keys, down) {
  const sign = down ? -1 : 1;
  const before = (a, b) => {
    const one = keys[a];
    const other = keys[b];
    if (one < other) return sign > 0;
    if (one > other) return sign < 0;
    return a < b;
  };
  let heap = null;
  let size = 0;
  let taken = 0;

  /** The first n: most keys are only compared with the last of those so far. */
  function select(n) {
    const found = [];
    const compare = (a, b) => (before(a, b) ? -1 : 1);
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

  function pile() {
    heap = new Uint32Array(keys.length);
    for (let at = 0; at < heap.length; at += 1) heap[at] = at;
    size = heap.length;
    for (let at = (size >> 1) - 1; at >= 0; at -= 1) sink(at);
    for (let k = 0; k < taken; k += 1) pop();
  }

  function pop() {
    const first = heap[0];
    size -= 1;
    heap[0] = heap[size];
    sink(0);
    return first;
  }

  function sink(at) {
    const item = heap[at];
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && before(heap[child + 1], heap[child])) child += 1;
      if (!before(heap[child], item)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
  }

  return {
    take(n) {
      if (n <= 0) return [];
      let found = [];
      if (!taken) found = select(n);
      else {
        if (!heap) pile();
        while (found.length < n && size) found.push(pop());
      }
      taken += found.length;
      return found;
    },
  };
}
