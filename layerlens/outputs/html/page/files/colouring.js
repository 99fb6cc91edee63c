// What bytes are coloured by: their layer, their class, their package, or how they came.

import { classStyle, PLAIN } from "../words.js";
import { changeStyles, layerStyles, packageStyles } from "./styles.js";
import { ALL } from "../tree.js";
import { OUTSIDE } from "./scope.js";

/** The ways, in the order in which they are offered. */
export const COLOURS = ["layer", "class", "package", "change"];

/**
 * One way to colour: `styles` by group, and the group of records' bytes.
 *
 * `group(record, from)` is asked of a record and the record whose bytes count at it.  The
 * bytes of a `split` record belong to two groups: some to `group`, the others to `other`.
 */
class Colouring {
  #kept = new Map();

  constructor(styles, group, { split = new Map(), other = -1 } = {}) {
    this.styles = styles;
    this.group = group;
    this.split = split;
    this.other = other;
  }

  /** The groups of a scope's bytes by a measure; the last few are kept. */
  over(scope, measure) {
    const key = `${scope.of} ${measure}`;
    let found = this.#kept.get(key);
    if (!found) {
      if (this.#kept.size >= 4) this.#kept.delete(this.#kept.keys().next().value);
      this.#kept.set(key, (found = new Groups(this, scope, measure)));
    }
    return found;
  }
}

/** Bytes by group, as columns over all records: what is asked of subtrees are plain loops. */
class Groups {
  constructor(colouring, scope, measure) {
    const { tree } = scope;
    this.tree = tree;
    this.styles = colouring.styles;
    this.other = colouring.other;
    this.sums = new Float64Array(colouring.styles.length);
    this.bytes = scope.amounts(measure);
    const groups = new Int32Array(tree.recordCount).fill(-1);
    const { sources } = scope;
    for (let record = 0; record < groups.length; record += 1) {
      const from = sources[record];
      if (from !== OUTSIDE) groups[record] = colouring.group(record, from < 0 ? record : from);
    }
    this.groups = groups;
    this.rest = null;
    if (measure !== "waste" && colouring.split.size) this.#part(colouring.split, scope);
    // By node: 1 + the group of most bytes, and whether there are others; 0: not asked yet.
    this.known = new Int32Array(tree.count);
    this.mixed = new Uint8Array(tree.count);
  }

  /** Take from split records what belongs to the other group. */
  #part(split, scope) {
    const { tree, groups } = this;
    const bytes = this.bytes.slice();
    const rest = new Float64Array(bytes.length);
    for (let record = 0; record < bytes.length; record += 1) {
      // What has bytes has a source.
      const from = bytes[record] ? scope.sources[record] : -1;
      const part = from < 0 ? undefined : split.get(from);
      if (part === undefined) continue;
      rest[record] = bytes[record] - (bytes[record] * part) / tree.size[from];
      bytes[record] -= rest[record];
    }
    this.bytes = bytes;
    this.rest = rest;
  }

  /** What has bytes of the groups of a label: {marks, amounts} by node; null where none is so called. */
  of(label) {
    const chosen = this.styles.map((style) => style.label === label);
    if (!chosen.includes(true)) return null;
    const { tree, groups, bytes, rest, other } = this;
    const marks = new Uint8Array(tree.count);
    const amounts = new Float64Array(tree.count);
    for (let record = 0; record < tree.recordCount; record += 1) {
      let some = chosen[groups[record]] ? bytes[record] : 0;
      if (rest && chosen[other]) some += rest[record];
      if (some <= 0) continue;
      marks[tree.node[record]] = 1;
      amounts[tree.node[record]] += some;
    }
    return { marks, amounts };
  }

  /** The style of the most bytes of several subtrees, or null. */
  styleOf(nodes) {
    const sums = new Map();
    let best = null;
    for (const node of nodes) {
      for (const group of this.#add(node)) {
        const all = (sums.get(group) ?? 0) + this.sums[group];
        this.sums[group] = 0;
        sums.set(group, all);
        if (best === null || all > sums.get(best)) best = group;
      }
    }
    return best === null ? null : this.styles[best];
  }

  /** Bytes of a subtree by group, as [group, bytes], the most first. */
  tally(node) {
    const found = this.#add(node);
    const pairs = found.map((group) => [group, this.sums[group]]);
    for (const group of found) this.sums[group] = 0;
    return pairs.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  }

  /** The group of most bytes of a subtree; -1 where there is nothing in it. */
  most(node) {
    this.#know(node);
    return this.known[node] - 2;
  }

  /** Its style, or null. */
  style(node) {
    return this.styles[this.most(node)] ?? null;
  }

  /** What that group is called; `mostly …` where there are others; `""` where there is none. */
  text(node) {
    this.#know(node);
    const style = this.style(node);
    return style ? (this.mixed[node] ? "mostly " : "") + style.label : "";
  }

  #know(node) {
    if (this.known[node]) return;
    const { sums } = this;
    const found = this.#add(node);
    let best = found.length ? found[0] : this.#first(node);
    for (const group of found) {
      if (sums[group] > sums[best] || (sums[group] === sums[best] && group < best)) best = group;
    }
    for (const group of found) sums[group] = 0;
    this.known[node] = best + 2;
    this.mixed[node] = found.length > 1 ? 1 : 0;
  }

  #add(node) {
    const { tree, groups, bytes, rest, sums } = this;
    const found = [];
    const until = tree.firstRecord[tree.end[node]];
    for (let record = tree.firstRecord[node]; record < until; record += 1) {
      const some = bytes[record];
      if (some > 0) {
        const group = groups[record];
        if (!sums[group]) found.push(group);
        sums[group] += some;
      }
      if (rest && rest[record] > 0) {
        if (!sums[this.other]) found.push(this.other);
        sums[this.other] += rest[record];
      }
    }
    return found;
  }

  /** Where nothing has bytes: the group of the first one that is there. */
  #first(node) {
    const { tree, groups } = this;
    const until = tree.firstRecord[tree.end[node]];
    for (let record = tree.firstRecord[node]; record < until; record += 1) {
      if (groups[record] >= 0) return groups[record];
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
