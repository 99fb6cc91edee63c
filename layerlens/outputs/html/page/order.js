// The first of many in order, without putting all of them in order.

/**
 * Indices of `keys` (numbers or texts), the smallest first (`down`: the largest), equal
 * ones as they came.  Gives {take(n)}: the next n of them.  A heap: the first hundred of
 * 100,000 cost a few passes instead of a sort.
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
  const heap = new Uint32Array(keys.length);
  for (let at = 0; at < heap.length; at += 1) heap[at] = at;
  let size = heap.length;

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

  for (let at = (size >> 1) - 1; at >= 0; at -= 1) sink(at);
  return {
    take(n) {
      const found = [];
      while (found.length < n && size) {
        found.push(heap[0]);
        size -= 1;
        heap[0] = heap[size];
        sink(0);
      }
      return found;
    },
  };
}
