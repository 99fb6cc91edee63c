// What one layer did to the tree of paths: added, modified, removed.
//
// The changes stand in path order, so what lies below a node is a range of them, and sums
// over it are differences of running sums.  Nothing is made per directory until it is opened.

/** Kinds of changes; the first four are the page's changes of a record. */
export const CHANGED = ["added", "content", "metadata", "type", "removed"];
const REMOVED = 4;

/** All changes of a layer. */
export class LayerChanges {
  constructor(tree, layer) {
    this.tree = tree;
    this.layer = layer;
    const records = [];
    const kinds = [];
    const { change, gone, taken } = tree;
    const own = tree.layer;
    for (let record = 0; record < tree.recordCount; record += 1) {
      if (own[record] === layer && change[record] < REMOVED) {
        records.push(record);
        kinds.push(change[record]);
      } else if (gone[record] === layer + 1 && taken[record]) {
        records.push(record);
        kinds.push(REMOVED);
      }
    }
    this.records = records;
    this.kinds = kinds;
    /** How many changes there are of each kind, folded files each counted. */
    this.counts = new Array(CHANGED.length).fill(0);
    records.forEach((record, at) => {
      this.counts[kinds[at]] += tree.folded.get(record) ?? 1;
    });
  }

  /** The changes of some kinds whose paths hold a text, in capitals or not. */
  select({ kinds = CHANGED, text = "" } = {}) {
    const wanted = CHANGED.map((kind) => kinds.includes(kind));
    if (!text && !wanted.includes(false)) return new Selection(this.tree, this.records, this.kinds);
    const matches = text ? matcher(this.tree, text.toLowerCase()) : () => true;
    const records = [];
    const found = [];
    this.records.forEach((record, at) => {
      if (!wanted[this.kinds[at]] || !matches(this.tree.node[record])) return;
      records.push(record);
      found.push(this.kinds[at]);
    });
    return new Selection(this.tree, records, found);
  }
}

/** Whether a node's path holds a text that is in small letters. */
function matcher(tree, text) {
  const names = new Map();
  const inName = (node) => {
    const name = tree.name[node];
    if (!names.has(name)) names.set(name, tree.names[name].toLowerCase().includes(text));
    return names.get(name);
  };
  if (text.includes("/")) {
    const folders = new Map([[-1, ""]]);
    const folder = (node) => {
      if (!folders.has(node)) folders.set(node, node ? folder(tree.parent[node]) + lower(node) : "");
      return folders.get(node);
    };
    const lower = (node) => "/" + tree.nameOf(node).toLowerCase();
    return (node) => (folder(tree.parent[node]) + lower(node)).includes(text);
  }
  // Names of directories hold for what is in them.
  const known = new Map();
  const below = (node) => {
    if (node <= 0) return false;
    if (!known.has(node)) known.set(node, inName(node) || below(tree.parent[node]));
    return known.get(node);
  };
  return below;
}

/**
 * Changes in path order, asked for level by level.  An item is one line: {node, top (where
 * its name begins: a chain of single directories is one line), from, until (its range of
 * changes), own (the change of the node itself, -1: none)}.
 */
class Selection {
  constructor(tree, records, kinds) {
    this.tree = tree;
    this.records = records;
    this.kinds = kinds;
    this.size = records.length;
    const length = records.length + 1;
    this.ships = new Float64Array(length);
    this.takes = new Float64Array(length);
    this.files = [0, 1, 2].map(() => new Float64Array(length)); // added, modified, removed
    const directory = tree.kinds.indexOf("dir");
    const folded = tree.folded.size > 0;
    const sums = { ships: 0, takes: 0, added: 0, modified: 0, removed: 0 };
    const { ships, takes } = this;
    const [added, modified, removed] = this.files;
    for (let at = 0; at < records.length; at += 1) {
      const record = records[at];
      const kind = kinds[at];
      if (kind === REMOVED) sums.takes += tree.size[record];
      else sums.ships += tree.size[record];
      if (tree.kind[record] !== directory) {
        const files = (folded && tree.folded.get(record)) || 1;
        if (kind === 0) sums.added += files;
        else if (kind === REMOVED) sums.removed += files;
        else sums.modified += files;
      }
      ships[at + 1] = sums.ships;
      takes[at + 1] = sums.takes;
      added[at + 1] = sums.added;
      modified[at + 1] = sums.modified;
      removed[at + 1] = sums.removed;
    }
  }

  /** The whole of it, as the item of the root. */
  get root() {
    return { node: 0, top: 0, from: 0, until: this.size, own: -1 };
  }

  nodeAt(at) {
    return this.tree.node[this.records[at]];
  }

  /** Sums of an item: bytes shipped and taken away, files added, modified and removed. */
  sums({ from, until }) {
    const [added, modified, removed] = this.files.map((sum) => sum[until] - sum[from]);
    return {
      ships: this.ships[until] - this.ships[from],
      takes: this.takes[until] - this.takes[from],
      added,
      modified,
      removed,
    };
  }

  /** Whether something is below an item. */
  opens({ node, until }) {
    return until > 0 && this.nodeAt(until - 1) !== node;
  }

  /** The items below one, by name or with the largest first. */
  children(item, order = "size") {
    const found = [];
    // Its own change and those of a chain that leads to it come first, and none without its own.
    let at = item.own < 0 ? item.from : item.own + 1;
    while (at < item.until) {
      const child = this.#step(at, item.node);
      const until = this.#after(child, at, item.until);
      if (this.tree.folded.has(this.records[at])) {
        // What stands for many small files: each of its changes by itself.
        for (; at < until; at += 1) {
          found.push({ node: child, top: child, from: at, until: at + 1, own: at });
        }
      } else {
        found.push(this.#folded(child, at, until));
        at = until;
      }
    }
    if (order === "size") {
      const size = (each) =>
        this.ships[each.until] - this.ships[each.from] + this.takes[each.until] - this.takes[each.from];
      // Sorting is stable: what is of one size stays in the order of paths.
      found.sort((a, b) => size(b) - size(a));
    }
    return found;
  }

  /** The child of a node that the change `at` is in. */
  #step(at, node) {
    let child = this.nodeAt(at);
    while (this.tree.parent[child] !== node) child = this.tree.parent[child];
    return child;
  }

  /** Where the changes below a node end. */
  #after(node, from, until) {
    const end = this.tree.end[node];
    let low = from;
    let high = until;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.nodeAt(middle) < end) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #folded(top, from, until) {
    let node = top;
    let own = this.nodeAt(from) === node ? from : -1;
    for (;;) {
      const next = own < 0 ? from : own + 1;
      if (next >= until) break;
      const child = this.#step(next, node);
      if (this.#after(child, next, until) !== until) break;
      const change = this.nodeAt(next) === child ? next : -1;
      if (change >= 0 && change === until - 1 && !this.#isDirectory(change)) break;
      if (change >= 0 && this.tree.folded.has(this.records[change])) break;
      if (own >= 0) {
        const kind = this.kinds[own];
        const alike = change >= 0 && this.kinds[change] === kind && (kind === 0 || kind === REMOVED);
        if (!alike) break;
      }
      node = child;
      own = change;
    }
    return { node, top, from, until, own };
  }

  #isDirectory(at) {
    return this.tree.kinds[this.tree.kind[this.records[at]]] === "dir";
  }

  /** The version of the path that a modification came over, or -1. */
  before(at) {
    const record = this.records[at];
    if (this.tree.folded.has(record)) return -1;
    const first = this.tree.firstRecord[this.tree.node[record]];
    for (let other = record - 1; other >= first; other -= 1) {
      if (this.tree.change[other] < REMOVED) return other;
    }
    return -1;
  }
}
