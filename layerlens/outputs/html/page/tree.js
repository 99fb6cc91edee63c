// The paths of an image and their versions, as layerlens/outputs/html/tree.py writes them.
//
// A node is a path, a record one version of it in one layer.  All sums are loops over typed
// arrays, since an image has hundreds of thousands of nodes.

import { Nodes } from "./nodes.js";

/** What sizes are counted of: the final filesystem, one layer, or all that is shipped. */
export const FINAL = "final";
export const ALL = "all";

/** By what a node's size is measured. */
export const MEASURES = ["content", "transfer", "waste"];

export class Tree extends Nodes {
  /** `data` as written; `ledger` the rows of the document's ledger. */
  constructor(data, ledger) {
    super(data);
    this.changes = data.changes;
    this.attributes = data.attributes;
    this.ledger = ledger;
    this.layer = Uint16Array.from(data.layer);
    this.change = Uint8Array.from(data.change);
    this.size = Float64Array.from(data.size);
    /** Bytes on the wire, estimated; null where a layer is stored uncompressed. */
    this.wire = data.wire && Float64Array.from(data.wire);
    /** Of single files, where only some layers are; -1 of what lies in these. */
    this.someWire = data.some_wire && Float64Array.from(data.some_wire);
    this.owner = Uint32Array.from(data.owner);
    /** 1 + the layer that replaced or removed the path; 0: in the final filesystem. */
    this.gone = Uint16Array.from(data.gone);
    this.taken = Uint8Array.from(data.taken);
    /** 1 + the layer that killed the bytes; 0: alive. */
    this.lost = Uint16Array.from(data.lost);
    /** Row of the ledger that the bytes belong to. */
    this.of = Uint16Array.from(data.of);
    /** 1 + the index of the package that owns the file; 0: none. */
    this.package = Uint32Array.from(data.package);
    this.targets = new Map(data.targets);
    this.lostAt = new Map(data.lost_at);
    /** Bytes of a record that belong to its row of the ledger, where that is not all. */
    this.claimed = new Map(data.claimed);
    this.#findWaste();
    this.#findStands();
    this.#findFinal(data.stand);
    this.sumsByKey = new Map();
  }

  #findWaste() {
    // What of each record is dead or may go; kept bytes are none of it.
    const waste = new Float64Array(this.recordCount);
    const kept = this.ledger.map((row) => row.kind === "kept");
    for (let record = 0; record < this.recordCount; record += 1) {
      if (!kept[this.of[record]]) waste[record] = this.size[record];
    }
    for (const [record, bytes] of this.claimed) waste[record] = bytes;
    this.waste = waste;
  }

  #findStands() {
    // How many of what is not a directory a record stands for.
    const directory = this.kinds.indexOf("dir");
    this.stands = new Uint32Array(this.recordCount);
    for (let record = 0; record < this.recordCount; record += 1) {
      this.stands[record] = this.kind[record] === directory ? 0 : 1;
    }
    for (const [record, files] of this.folded) this.stands[record] = files;
  }

  #findFinal(stand) {
    // Which record's bytes stand at each record of the final filesystem; -1: none.
    const source = new Int32Array(this.recordCount).fill(-1);
    for (let record = 0; record < this.recordCount; record += 1) {
      if (!this.gone[record]) source[record] = record;
    }
    for (const [, from] of stand) source[from] = -1;
    for (const [to, from] of stand) source[to] = from;
    this.source = source;
  }

  // ---------------------------------------------------------------------------- records

  /** Whether a record is told of in a scope: "final", "all" or the number of a layer. */
  isIn(record, scope) {
    if (scope === FINAL) return !this.gone[record];
    return scope === ALL || this.layer[record] === scope;
  }

  /** Bytes that a record counts in a scope by a measure. */
  bytes(record, scope, measure) {
    const from = scope === FINAL ? this.source[record] : this.isIn(record, scope) ? record : -1;
    return from < 0 ? 0 : this.weights(measure)[from];
  }

  /** The records of a node itself in a scope, lowest layer first. */
  recordsOf(node, scope = ALL) {
    const found = [];
    for (let record = this.firstRecord[node]; record < this.firstRecord[node + 1]; record += 1) {
      if (this.isIn(record, scope)) found.push(record);
    }
    return found;
  }

  /** Whether a record is a file, under whichever name. */
  isFile(record) {
    const kind = this.kinds[this.kind[record]];
    return kind === "file" || kind === "hardlink";
  }

  /** What a record takes on the wire, null where its layer is stored plain. */
  wireOf(record) {
    if (this.wire) return this.wire[record];
    const found = this.folded.has(record) ? -1 : (this.someWire?.[record] ?? -1);
    return found < 0 ? null : found;
  }

  /** Bytes of each record by a measure, wherever it is. */
  weights(measure) {
    return { content: this.size, transfer: this.wire, waste: this.waste }[measure];
  }

  /** The bytes of all subtrees of a scope by a measure, by node.  Kept: asking again costs nothing. */
  sums(scope, measure) {
    return this.#kept(`${scope} ${measure}`, () => {
      return this.#sum(scope, this.weights(measure), scope === FINAL ? this.source : null);
    });
  }

  /** How many there are in all subtrees of a scope that are not directories, by node. */
  files(scope) {
    return this.#kept(`${scope} files`, () => this.#sum(scope, this.stands, null));
  }

  #kept(key, make) {
    const { sumsByKey } = this;
    let found = sumsByKey.get(key);
    if (!found) {
      if (sumsByKey.size >= MOST_SUMS) sumsByKey.delete(sumsByKey.keys().next().value);
      sumsByKey.set(key, (found = make()));
    }
    return found;
  }

  #sum(scope, weights, source) {
    const found = new Float64Array(this.count);
    const { node, layer, gone, parent } = this;
    for (let record = 0; record < this.recordCount; record += 1) {
      // As isIn() has it; asking it would take three times as long.
      const inside = scope === FINAL ? !gone[record] : scope === ALL || layer[record] === scope;
      const from = inside && source ? source[record] : record;
      if (inside && from >= 0) found[node[record]] += weights[from];
    }
    for (let at = this.count - 1; at > 0; at -= 1) found[parent[at]] += found[at];
    return found;
  }

  /** The row of the ledger of a record's bytes. */
  ledgerRow(record) {
    return this.ledger[this.of[record]];
  }

  /** Mode as `ls` shows it, without the type: `rwxr-xr-x`, and `uid:gid`. */
  ownership(record) {
    const [mode, uid, gid] = this.attributes[this.owner[record]];
    let text = "";
    for (let bit = 8; bit >= 0; bit -= 1) text += mode & (1 << bit) ? "xwr"[bit % 3] : "-";
    const special = [
      [0o4000, 2, "sS"],
      [0o2000, 5, "sS"],
      [0o1000, 8, "tT"],
    ];
    for (const [flag, at, [on, off]] of special) {
      if (mode & flag) text = text.slice(0, at) + (text[at] === "x" ? on : off) + text.slice(at + 1);
    }
    return { mode: text, octal: mode.toString(8).padStart(4, "0"), owner: `${uid}:${gid}` };
  }
}

/** Sums that are kept; each takes eight bytes a node. */
const MOST_SUMS = 16;
