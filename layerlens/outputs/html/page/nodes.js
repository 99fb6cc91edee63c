// Paths as layerlens/outputs/html/paths.py writes them: each name once, each path a number.
//
// Nodes are numbers in path order: the subtree of `node` is `node` up to but not including
// `end[node]`, and its records are `firstRecord[node]` up to `firstRecord[end[node]]`.

import { counted } from "./shown.js";

export class Nodes {
  constructor(data) {
    this.kinds = data.kinds;
    this.names = data.names;
    /** Names that are not UTF-8: their index, and their bytes in base64. */
    this.exact = new Map(data.exact);
    /** Records of nameless nodes: how many small files each is the sum of. */
    this.folded = new Map(data.folded ?? []);
    /** Those nodes: how many paths that are not directories, and how many that are. */
    this.tails = new Map((data.tails ?? []).map(([node, files, folders]) => [node, { files, folders }]));
    this.count = data.depth.length;
    this.depth = Uint32Array.from(data.depth);
    this.#readNames(data.name);
    this.#findEnds();
    this.#findRecords(data.records);
    this.kind = Uint8Array.from(data.kind);
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

  #findEnds() {
    const count = this.count;
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
  }

  #findRecords(records) {
    const count = this.count;
    this.firstRecord = new Int32Array(count + 1);
    for (let node = 0; node < count; node += 1) {
      this.firstRecord[node + 1] = this.firstRecord[node] + records[node];
    }
    this.recordCount = this.firstRecord[count];
    this.node = new Int32Array(this.recordCount);
    for (let node = 0, record = 0; node < count; node += 1) {
      for (; record < this.firstRecord[node + 1]; record += 1) this.node[record] = node;
    }
  }

  /** The children of a node, in path order. */
  children(node) {
    const found = [];
    for (let child = node + 1; child < this.end[node]; child = this.end[child]) found.push(child);
    return found;
  }

  hasChildren(node) {
    return this.end[node] > node + 1;
  }

  /** All names in small letters, made once. */
  lowerNames() {
    this.lowered ??= this.names.map((name) => name.toLowerCase());
    return this.lowered;
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
    const { files, folders } = this.tails.get(node);
    return files ? `(${counted(files, "small file")})` : `(${counted(folders, "empty directory", "empty directories")})`;
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
}
