// The paths that differ between two images, as layerlens/outputs/html/comparison.py writes
// them: each node has at most one record, and what moved stands at both of its places.

import { Nodes } from "./nodes.js";
import { counted } from "./shown.js";

/** What can become of a path, in the order in which it is told: a sign, and words for it. */
export const WORDS = {
  added: ["+", "added"],
  removed: ["−", "removed"],
  content: ["~", "other content"],
  type: ["≠", "another type"],
  metadata: ["·", "owner, mode or time only"],
  moved: ["→", "moved here"],
  left: ["←", "moved away"],
};

export class DeltaTree extends Nodes {
  #sums = null;

  constructor(data) {
    super(data);
    this.changes = data.changes;
    this.change = Uint8Array.from(data.change);
    this.old = Float64Array.from(data.old);
    this.new = Float64Array.from(data.new);
    /** Record where a file is now -> record where it was, and back. */
    this.from = new Map(data.moved);
    this.to = new Map(data.moved.map(([to, from]) => [from, to]));
    this.unsure = new Set(data.unsure);
    this.how = new Map(data.how);
    this.hows = data.hows;
  }

  /** How many paths differ; what moved is one. */
  get differing() {
    return this.sums().paths[0];
  }

  /**
   * The record of a node itself; -1: nothing became of it, it only leads to others, or
   * stands for many small ones.
   */
  recordOf(node) {
    const record = this.firstRecord[node];
    return record < this.firstRecord[node + 1] && !this.folded.has(record) ? record : -1;
  }

  /** How many paths a record stands for. */
  standsFor(record) {
    return this.folded.get(record) ?? 1;
  }

  /** Words for what differs of a path whose content is the same; "" for others. */
  howOf(record) {
    return this.hows[this.how.get(record)] ?? "";
  }

  label(node) {
    const many = node ? this.tails.get(node) : undefined;
    return many ? `(${counted(many.files + many.folders, "small change")})` : super.label(node);
  }

  /** What became of a record's path, as a key of `WORDS`. */
  word(record) {
    return this.changes[this.change[record]];
  }

  /** Whether a node holds others, or is a directory. */
  isFolder(node) {
    const record = this.recordOf(node);
    return this.hasChildren(node) || (record >= 0 && this.kinds[this.kind[record]] === "dir");
  }

  /** How many paths there are of each key of `WORDS`. */
  counts() {
    const found = Object.fromEntries(Object.keys(WORDS).map((word) => [word, 0]));
    for (let record = 0; record < this.recordCount; record += 1) {
      found[this.word(record)] += this.standsFor(record);
    }
    return found;
  }

  /**
   * The bytes of each node's subtree in the whole new image, by its tree: what did not
   * change counts here, too.
   */
  wholes(tree, bytes) {
    const found = new Float64Array(this.count);
    const there = new Int32Array(this.count).fill(-1);
    const now = this.sums().new;
    there[0] = 0;
    for (let node = 0; node < this.count; node += 1) {
      const same = there[node];
      // What is not a path of its own there (it is gone, or folded) counts what differs.
      found[node] = same < 0 ? now[node] : Math.max(bytes[same], now[node]);
      if (same < 0 || !this.hasChildren(node)) continue;
      const byName = new Map(tree.children(same).map((child) => [tree.nameOf(child), child]));
      for (const child of this.children(node)) {
        there[child] = this.tails.has(child) ? -1 : (byName.get(this.nameOf(child)) ?? -1);
      }
    }
    return found;
  }

  /**
   * Which records to keep: 1 for those whose word is in `words` (a set; null: all) and
   * whose path holds `text` (in any case; "": all).  Null where all are kept.
   */
  kept(words, text) {
    const wanted = text.toLowerCase().replace(/^\/+/, "");
    if (!words && !wanted) return null;
    const names = this.lowerNames();
    const { count, parent: parents, name: nameAt, depth: depths, node: nodeAt } = this;
    const alone = !wanted.includes("/");
    const hit = new Uint8Array(count);
    const paths = [];
    for (let node = 1; node < count; node += 1) {
      const parent = parents[node];
      const name = names[nameAt[node]];
      // What is below a path that holds the text holds it, too.
      if (alone) hit[node] = hit[parent] || name.includes(wanted) ? 1 : 0;
      else {
        const depth = depths[node];
        paths[depth] = depth > 1 ? `${paths[depth - 1]}/${name}` : name;
        hit[node] = hit[parent] || paths[depth].includes(wanted) ? 1 : 0;
      }
    }
    const keep = new Uint8Array(this.recordCount);
    for (let record = 0; record < keep.length; record += 1) {
      keep[record] = hit[nodeAt[record]] && (!words || words.has(this.word(record))) ? 1 : 0;
    }
    return keep;
  }

  /**
   * Sums over all subtrees of the records that are kept (null: all), by node: bytes in the
   * `old` and the `new` image, those that `grown` and `shrunk` paths differ by, how many
   * `paths` differ, and how many `left` for another place, where they are counted.  Sums that
   * nobody asks any more, but for those of all, may be given to be written over: `used`.
   */
  sums(keep = null, used = null) {
    if (!keep && this.#sums) return this.#sums;
    const again = keep && used && used !== this.#sums;
    const columns = again
      ? [used.old, used.new, used.grown, used.shrunk, used.paths, used.left]
      : Array.from({ length: 6 }, () => new Float64Array(this.count));
    if (again) columns.forEach((column) => column.fill(0));
    const [old, now, grown, shrunk, paths, left] = columns;
    const { parent, node: nodeAt, old: before, new: after, change: word, folded } = this;
    const away = this.changes.indexOf("left");
    for (let record = 0; record < nodeAt.length; record += 1) {
      if (keep && !keep[record]) continue;
      const node = nodeAt[record];
      const more = after[record] - before[record];
      old[node] += before[record];
      now[node] += after[record];
      if (more > 0) grown[node] += more;
      else shrunk[node] -= more;
      (word[record] === away ? left : paths)[node] += folded.size ? this.standsFor(record) : 1;
    }
    for (let node = this.count - 1; node > 0; node -= 1) {
      // Written out: a loop over the columns takes three times as long.
      const above = parent[node];
      old[above] += old[node];
      now[above] += now[node];
      grown[above] += grown[node];
      shrunk[above] += shrunk[node];
      paths[above] += paths[node];
      left[above] += left[node];
    }
    const found = { old, new: now, grown, shrunk, paths, left };
    if (!keep) this.#sums = found;
    return found;
  }
}
