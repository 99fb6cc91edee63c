// What bytes are coloured by: their layer, their class, their package, or how they came.

import { classStyle, PLAIN } from "../words.js";
import { changeStyles, layerStyles, packageStyles } from "./styles.js";
import { ALL } from "../tree.js";

/** The ways, in the order in which they are offered. */
export const COLOURS = ["layer", "class", "package", "change"];

/**
 * One way to colour: `styles` by group, and the group of records' bytes.
 *
 * `group(record, from)` is asked of a record and the record whose bytes count at it.  The
 * bytes of a `split` record belong to two groups: some to `group`, the others to `other`.
 */
class Colouring {
  constructor(styles, group, { split = new Map(), other = -1 } = {}) {
    this.styles = styles;
    this.group = group;
    this.split = split;
    this.other = other;
    this.sums = new Float64Array(styles.length);
  }

  /** Bytes of a subtree by group, by a measure, as [group, bytes], the most first. */
  tally(scope, node, measure) {
    const found = this.#add(scope, node, measure);
    const pairs = found.map((group) => [group, this.sums[group]]);
    this.#clear(found);
    return pairs.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  }

  /** The group of most bytes of a subtree; -1 where there is nothing in it. */
  most(scope, node, measure) {
    const found = this.#add(scope, node, measure);
    let best = -1;
    for (const group of found) {
      if (best < 0 || this.sums[group] > this.sums[best]) best = group;
    }
    this.#clear(found);
    return best < 0 ? this.#first(scope, node) : best;
  }

  #add(scope, node, measure) {
    const { tree } = scope;
    const { sums, split } = this;
    const found = [];
    const count = (group, bytes) => {
      if (!(bytes > 0) || group < 0) return;
      if (!sums[group]) found.push(group);
      sums[group] += bytes;
    };
    const until = tree.firstRecord[tree.end[node]];
    for (let record = tree.firstRecord[node]; record < until; record += 1) {
      if (!tree.isIn(record, scope.of)) continue;
      const from = scope.source(record);
      if (from < 0) continue;
      const bytes = tree.bytes(record, scope.of, measure);
      if (!bytes) continue;
      const group = this.group(record, from);
      const part = split.get(from);
      if (part === undefined || measure === "waste") count(group, bytes);
      else {
        const claimed = (bytes * part) / tree.size[from];
        count(group, claimed);
        count(this.other, bytes - claimed);
      }
    }
    return found;
  }

  #clear(found) {
    for (const group of found) this.sums[group] = 0;
  }

  /** Where nothing has bytes: how the first one that is there is coloured. */
  #first(scope, node) {
    const { tree } = scope;
    const until = tree.firstRecord[tree.end[node]];
    for (let record = tree.firstRecord[node]; record < until; record += 1) {
      if (tree.isIn(record, scope.of)) return this.group(record, record);
    }
    return -1;
  }
}

/** A function that gives the colouring of a name, made when it is first asked for. */
export function colourings(image) {
  const { tree, document } = image;
  const made = new Map();
  const ways = {
    layer: () => new Colouring(layerStyles(document.layers), (_, from) => tree.layer[from]),
    class: () => {
      const kept = document.ledger.findIndex((row) => row.kind === "kept");
      return new Colouring(document.ledger.map(classStyle), (_, from) => tree.of[from], {
        split: tree.claimed,
        other: kept,
      });
    },
    package: () => {
      const rows = packages(image) ?? [];
      const bytes = new Float64Array(rows.length);
      for (let record = 0; record < tree.recordCount; record += 1) {
        const at = tree.package[record];
        if (at && at <= rows.length) bytes[at - 1] += tree.bytes(record, ALL, "content");
      }
      const styles = [
        { label: "of no package", colour: "--kept", pattern: PLAIN },
        ...packageStyles(rows, bytes),
      ];
      return new Colouring(styles, (record, from) => {
        const at = tree.package[record] || tree.package[from];
        return at < styles.length ? at : 0;
      });
    },
    change: () =>
      new Colouring(changeStyles(tree.changes), (record) => {
        const end = tree.gone[record] && tree.change[record] <= LAST_PLACED ? 1 + tree.taken[record] : 0;
        return tree.change[record] * 3 + end;
      }),
  };
  return (name) => {
    if (!made.has(name)) made.set(name, ways[name]());
    return made.get(name);
  };
}

/** Changes up to this one put something in the filesystem (tree.py, CHANGES). */
export const LAST_PLACED = 3;

/** The packages of an image, or null where the report has none. */
export function packages(image) {
  const rows = image.data.packages?.rows;
  return rows?.length ? rows : null;
}
