// What stands in a scope: the final filesystem, one layer, or all that is shipped.

import { ALL, FINAL } from "../tree.js";

/** Bits of `marks` of a scope: in it itself, something below is, taken away, and no directory. */
export const HERE = 1;
const BELOW = 2;
const TAKEN = 4;
export const FILE = 8;

/** In `sources` of a scope: the record is not in it. */
export const OUTSIDE = -2;

/** The nodes of a scope, and their sums.  Made once for each scope, see `scopes`. */
class Scope {
  constructor(tree, of) {
    this.tree = tree;
    this.of = of;
    const marks = new Uint8Array(tree.count);
    const directory = tree.kinds.indexOf("dir");
    const takes = typeof of === "number" ? of + 1 : 0;
    const { node, kind, taken, gone } = tree;
    /** Of each record, the one whose bytes count at it, -1: none do; OUTSIDE: it is not in the scope. */
    this.sources = sourcesIn(tree, of);
    for (let record = 0; record < tree.recordCount; record += 1) {
      if (this.sources[record] !== OUTSIDE) {
        marks[node[record]] |= kind[record] === directory ? HERE : HERE | FILE;
      } else if (takes && taken[record] && gone[record] === takes) marks[node[record]] |= TAKEN;
    }
    this.kept = new Map();
    marks[0] |= HERE;
    for (let node = tree.count - 1; node > 0; node -= 1) {
      if (marks[node]) marks[tree.parent[node]] |= BELOW;
    }
    this.marks = marks;
  }

  /** Whether a node, or something below it, is in the scope (or was taken away by its layer). */
  has(node) {
    return this.marks[node] > 0;
  }

  /** Whether the layer of this scope took the node away and put nothing there. */
  isTaken(node) {
    return (this.marks[node] & (TAKEN | HERE)) === TAKEN;
  }

  folder(node) {
    return (this.marks[node] & BELOW) > 0;
  }

  children(node) {
    const { tree, marks } = this;
    const found = [];
    for (let child = node + 1; child < tree.end[node]; child = tree.end[child]) {
      if (marks[child]) found.push(child);
    }
    return found;
  }

  /** The last record of a node that is told of here, or -1. */
  record(node) {
    const { tree } = this;
    let found = -1;
    for (let record = tree.firstRecord[node]; record < tree.firstRecord[node + 1]; record += 1) {
      if (this.sources[record] !== OUTSIDE) found = record;
    }
    return found;
  }

  /** Bytes of all subtrees by a measure. */
  bytes(measure) {
    return this.tree.sums(this.of, measure);
  }

  /** Files (all that is not a directory) of all subtrees. */
  get files() {
    return this.tree.files(this.of);
  }

  /** Bytes of each record by a measure, 0 for those that are not in the scope. */
  amounts(measure) {
    let found = this.kept.get(measure);
    if (!found) {
      const { sources } = this;
      const weights = this.tree.weights(measure);
      found = new Float64Array(sources.length);
      for (let record = 0; record < found.length; record += 1) {
        if (sources[record] >= 0) found[record] = weights[sources[record]];
      }
      this.kept.set(measure, found);
    }
    return found;
  }

  /** Bytes of each node itself by a measure, all its versions in the scope. */
  own(measure) {
    const key = `own ${measure}`;
    let found = this.kept.get(key);
    if (!found) {
      const { count, node } = this.tree;
      const amounts = this.amounts(measure);
      found = new Float64Array(count);
      for (let record = 0; record < amounts.length; record += 1) found[node[record]] += amounts[record];
      this.kept.set(key, found);
    }
    return found;
  }
}

/** For loops over all records, in which a call for each would be most of the work. */
function sourcesIn(tree, of) {
  const found = new Int32Array(tree.recordCount).fill(OUTSIDE);
  const { gone, layer, source } = tree;
  for (let record = 0; record < found.length; record += 1) {
    if (of === FINAL) {
      if (!gone[record]) found[record] = source[record];
    } else if (of === ALL || layer[record] === of) found[record] = record;
  }
  return found;
}

/** A function that gives the scope of "final", "all" or a layer's number, the last few kept. */
export function scopes(tree) {
  const kept = new Map();
  return (of) => {
    let found = kept.get(of);
    if (!found) {
      if (kept.size >= 4) kept.delete(kept.keys().next().value);
      kept.set(of, (found = new Scope(tree, of)));
    }
    return found;
  };
}

/** What a scope is called, for headings and sentences. */
export function scopeName(of) {
  if (of === FINAL) return "the final filesystem";
  return of === ALL ? "all that is shipped" : `layer ${of}`;
}
