// The paths of an image and their versions, as layerlens/outputs/html/tree.py writes them.
//
// A node is a path, a record one version of it in one layer.  Nodes are numbers in path
// order: the subtree of `node` is `node` up to but not including `end[node]`, and its
// records are `firstRecord[node]` up to `firstRecord[end[node]]`.  All sums are loops over
// typed arrays, since an image has hundreds of thousands of nodes.

/** What sizes are counted of: the final filesystem, one layer, or all that is shipped. */
export const FINAL = "final";
export const ALL = "all";

/** By what a node's size is measured. */
export const MEASURES = ["content", "transfer", "waste"];

export class Tree {
  /** `data` as written; `ledger` the rows of the document's ledger. */
  constructor(data, ledger) {
    this.kinds = data.kinds;
    this.changes = data.changes;
    this.attributes = data.attributes;
    this.names = data.names;
    this.ledger = ledger;
    const count = data.depth.length;
    this.count = count;
    this.depth = Uint16Array.from(data.depth);
    this.#readNames(data.name);
    this.parent = new Int32Array(count).fill(-1);
    this.end = new Int32Array(count);
    const open = [];
    for (let node = 0; node < count; node += 1) {
      const depth = this.depth[node];
      while (open.length > depth) this.end[open.pop()] = node;
      if (depth) this.parent[node] = open[depth - 1];
      open.push(node);
    }
    for (const node of open) this.end[node] = count;
    this.firstRecord = new Int32Array(count + 1);
    for (let node = 0; node < count; node += 1) {
      this.firstRecord[node + 1] = this.firstRecord[node] + data.records[node];
    }
    this.recordCount = this.firstRecord[count];
    this.node = new Int32Array(this.recordCount);
    for (let node = 0; node < count; node += 1) {
      this.node.fill(node, this.firstRecord[node], this.firstRecord[node + 1]);
    }
    this.layer = Uint16Array.from(data.layer);
    this.change = Uint8Array.from(data.change);
    this.kind = Uint8Array.from(data.kind);
    this.size = Float64Array.from(data.size);
    /** Bytes on the wire, estimated; null where a layer is stored uncompressed. */
    this.wire = data.wire && Float64Array.from(data.wire);
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
    this.exact = new Map(data.exact);
    /** Records of nameless nodes: how many small files each stands for. */
    this.folded = new Map(data.folded);
    /** Bytes of a record that belong to its row of the ledger, where that is not all. */
    this.claimed = new Map(data.claimed);
    this.#findWaste();
    this.#findFinal(data.stand);
    this.sumsByKey = new Map();
  }

  #readNames(refs) {
    const name = new Int32Array(refs.length);
    let next = 0;
    refs.forEach((ref, node) => {
      if (ref) name[node] = ref - 1;
      else {
        name[node] = next;
        next += 1;
      }
    });
    this.name = name;
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

  // ------------------------------------------------------------------------------ nodes

  /** The children of a node, in path order. */
  children(node) {
    const found = [];
    for (let child = node + 1; child < this.end[node]; child = this.end[child]) found.push(child);
    return found;
  }

  hasChildren(node) {
    return this.end[node] > node + 1;
  }

  /** A node's name; `""` for the root and for what stands for many small files. */
  nameOf(node) {
    return this.names[this.name[node]];
  }

  /** What a node is called where it is shown. */
  label(node) {
    if (!node) return "/";
    const name = this.nameOf(node);
    if (name) return name;
    let files = 0;
    for (let r = this.firstRecord[node]; r < this.firstRecord[node + 1]; r += 1) {
      files += this.folded.get(r) ?? 0;
    }
    return `(${files.toLocaleString("en-US")} small ${files === 1 ? "file" : "files"})`;
  }

  /** The nodes from the root to a node, both included. */
  line(node) {
    const found = [];
    for (let at = node; at >= 0; at = this.parent[at]) found.unshift(at);
    return found;
  }

  /** A path without a leading slash; `""` for the root. */
  path(node) {
    return this.line(node)
      .slice(1)
      .map((at) => this.nameOf(at))
      .join("/");
  }

  /** The node of a path, or of its deepest part that is there. */
  find(path) {
    let node = 0;
    for (const segment of path.split("/").filter(Boolean)) {
      let found = -1;
      for (let child = node + 1; child < this.end[node]; child = this.end[child]) {
        if (this.nameOf(child) === segment) {
          found = child;
          break;
        }
      }
      if (found < 0) break;
      node = found;
    }
    return node;
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
    if (from < 0) return 0;
    if (measure === "waste") return this.waste[from];
    return measure === "transfer" ? this.wire[from] : this.size[from];
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

  /**
   * Sums over all subtrees of a scope: {bytes, files}, by node.
   *
   * `files` counts what is not a directory.  They are kept: asking again costs nothing.
   */
  sums(scope, measure) {
    const key = `${scope} ${measure}`;
    const known = this.sumsByKey.get(key);
    if (known) return known;
    const bytes = new Float64Array(this.count);
    const files = new Float64Array(this.count);
    const directory = this.kinds.indexOf("dir");
    for (let record = 0; record < this.recordCount; record += 1) {
      if (!this.isIn(record, scope)) continue;
      const node = this.node[record];
      bytes[node] += this.bytes(record, scope, measure);
      if (this.kind[record] !== directory) files[node] += this.folded.get(record) ?? 1;
    }
    for (let node = this.count - 1; node > 0; node -= 1) {
      bytes[this.parent[node]] += bytes[node];
      files[this.parent[node]] += files[node];
    }
    const found = { bytes, files };
    if (this.sumsByKey.size >= MOST_SUMS) {
      this.sumsByKey.delete(this.sumsByKey.keys().next().value);
    }
    this.sumsByKey.set(key, found);
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

/** Sums that are kept; each takes sixteen bytes a node. */
const MOST_SUMS = 12;
