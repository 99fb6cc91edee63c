// What became of the bytes of each layer: kept, dead (lost in which layer, of what), removable.

/** Sums over the records of an image's tree, made in one pass. */
export class Losses {
  constructor(image) {
    const { tree } = image;
    const layers = image.document.layers.length;
    this.tree = tree;
    this.layers = layers;
    /** Bytes of each layer that are alive and that a finding calls removable. */
    this.removable = new Float64Array(layers);
    /** By layer: row of the ledger -> {bytes, files} of what is removable. */
    this.classes = Array.from({ length: layers }, () => new Map());
    /** added * layers + lost -> row of the ledger -> {bytes, files}. */
    this.cells = new Map();
    const { layer, lost, of, size, waste, stands } = tree;
    for (let record = 0; record < tree.recordCount; record += 1) {
      if (!waste[record]) continue;
      const files = stands[record];
      if (lost[record]) {
        const key = layer[record] * layers + lost[record] - 1;
        let cell = this.cells.get(key);
        if (!cell) this.cells.set(key, (cell = new Map()));
        count(cell, of[record], size[record], files);
      } else {
        this.removable[layer[record]] += waste[record];
        count(this.classes[layer[record]], of[record], waste[record], files);
      }
    }
  }

  /** Dead bytes and files of one layer lost in another; `row` picks one cause's. */
  cell(added, lost, row = null) {
    const found = { bytes: 0, files: 0 };
    for (const [of, { bytes, files }] of this.cells.get(added * this.layers + lost) ?? []) {
      if (row !== null && of !== row) continue;
      found.bytes += bytes;
      found.files += files;
    }
    return found;
  }

  /** Every loss as {added, lost, row, bytes, files}: by layers, the largest first within. */
  *all() {
    const keys = Array.from(this.cells.keys()).sort((a, b) => a - b);
    for (const key of keys) {
      const parts = Array.from(this.cells.get(key)).sort((a, b) => b[1].bytes - a[1].bytes);
      for (const [row, { bytes, files }] of parts) {
        yield { added: Math.floor(key / this.layers), lost: key % this.layers, row, bytes, files };
      }
    }
  }

  /** The records of a cell, the largest first. */
  records(added, lost, row = null) {
    const { tree } = this;
    const found = [];
    for (let record = 0; record < tree.recordCount; record += 1) {
      if (
        tree.lost[record] === lost + 1 &&
        tree.layer[record] === added &&
        tree.waste[record] &&
        (row === null || tree.of[record] === row)
      ) {
        found.push(record);
      }
    }
    return found.sort((a, b) => tree.size[b] - tree.size[a] || a - b);
  }
}

function count(into, row, bytes, files) {
  const known = into.get(row);
  if (known) {
    known.bytes += bytes;
    known.files += files;
  } else into.set(row, { bytes, files });
}
