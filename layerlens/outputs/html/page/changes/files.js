// The paths that differ: a treemap, and a table of the same directory beside it.

import { WORDS } from "../deltatree.js";
import { h, replace } from "../dom.js";
import { pathLink } from "../links.js";
import { go, hashOf } from "../route.js";
import { change, count, size } from "../shown.js";
import { BESIDE_MAP, table } from "../table.js";
import { AREAS, deltaMap, differing, legend } from "./map.js";

/** What can be left out; what moved away goes with what moved here. */
const CHOICES = ["added", "removed", "content", "type", "metadata", "moved"];

/** {element, show(params)}. */
export function files(report) {
  const { tree } = report.comparison;
  if (!tree.recordCount) {
    return {
      element: h("section", {}, h("h2", {}, "Files"), h("p", {}, "No path of the final filesystem differs.")),
      show() {},
    };
  }
  return new Files(report, tree);
}

/** That many paths are not told of by name, where that is so. */
function smallOnes({ data: { folded } }) {
  if (!folded) return null;
  return h(
    "p",
    { class: "note" },
    `Of ${count(folded.of)} paths that differ, ${count(folded.paths)} that changed little stand together, `,
    "by directory and by what became of them. All sums count them; search does not find them by name.",
  );
}

class Files {
  constructor(report, tree) {
    this.tree = tree;
    this.params = {};
    this.filter = { key: null, keep: null, sums: null };
    const move = (node) => this.go({ at: tree.path(node) });
    this.map = deltaMap(report, {
      open: move,
      pick: move,
      up: () => this.folder && move(tree.parent[this.folder]),
      home: () => move(0),
      focus() {},
      list: (node) => this.table.enter(node),
    });
    this.table = this.#table();
    this.search = h("input", {
      type: "search",
      // So that the first search takes no longer than others.
      onfocus: () => tree.lowerNames(),
      oninput: () => this.go({ q: this.search.value }, true),
    });
    this.area = this.#select(AREAS, "area");
    this.list = this.#select({ folder: "what is in the directory", all: "all paths below it" }, "list");
    this.boxes = this.#boxes();
    this.crumbs = h("div", { class: "trail", role: "navigation", "aria-label": "Directory" });
    this.status = h("p", { class: "sum", role: "status" });
    this.detail = h("div");
    this.element = h(
      "section",
      {},
      h("h2", { class: "on-paper" }, "Files"),
      h(
        "div",
        { class: "tools" },
        h("label", {}, "Find ", this.search),
        h("label", {}, "Area: ", this.area),
        h("label", {}, "List: ", this.list),
        h(
          "fieldset",
          {},
          h("legend", { class: "unseen" }, "What is shown"),
          Object.values(this.boxes.elements),
        ),
      ),
      h("div", { class: "whereabouts" }, this.crumbs, this.status),
      smallOnes(report.comparison),
      h(
        "div",
        { class: "map-and-table" },
        h("div", { class: "map" }, this.map.element, legend()),
        h("div", { class: "paths" }, this.detail, this.table.element),
      ),
    );
  }

  /** Go to a place of this part; what is `null` leaves the address. */
  go(more, quietly = false) {
    go("changes", { ...this.params, part: "files", ...more }, { quietly });
  }

  #select(options, name) {
    const [normal] = Object.keys(options);
    return h(
      "select",
      { onchange: (event) => this.go({ [name]: event.target.value === normal ? null : event.target.value }) },
      Object.entries(options).map(([value, text]) => h("option", { value }, text)),
    );
  }

  #boxes() {
    const counts = this.tree.counts();
    const elements = {};
    const inputs = {};
    for (const word of CHOICES) {
      if (!counts[word]) continue;
      const [sign, words] = WORDS[word];
      inputs[word] = h("input", { type: "checkbox", checked: true, onchange: () => this.#hide() });
      elements[word] = h(
        "label",
        {},
        inputs[word],
        h("span", { class: "sign", "aria-hidden": "true" }, sign),
        `${words} (${count(counts[word])})`,
      );
    }
    return { elements, inputs };
  }

  #hide() {
    const hidden = Object.entries(this.boxes.inputs).filter(([, box]) => !box.checked);
    this.go({ hide: hidden.map(([word]) => word).join(",") });
  }

  // -------------------------------------------------------------------------- the table

  #table() {
    const { tree } = this;
    // In a list of all paths a directory stands for itself: what is in it has its own rows.
    const of = (name) => (node) => {
      if (!this.isFlat || tree.tails.has(node)) return this.filter.sums[name][node];
      return this.tree[name][this.tree.recordOf(node)];
    };
    const grown = (get) => {
      const [now, old] = [get("new"), get("old")];
      return (node) => now(node) - old(node);
    };
    const sum = (name) => (node) => this.filter.sums[name][node];
    const number = (id, title, get, all, show) => ({
      id,
      title,
      number: true,
      first: "down",
      cell: (node) => show(get(node)),
      sort: (node) => Math.abs(get(node)),
      total: () => show(all(this.folder)),
    });
    return table({
      caption: "Paths that differ",
      rows: [],
      ...BESIDE_MAP,
      empty: "No path that differs is shown here.",
      columns: [
        {
          id: "path",
          title: "Path",
          header: true,
          cell: (node) => this.#name(node),
          // Nodes are numbered in the order of their paths.
          sort: (node) => node,
          total: () => differing(this.filter.sums, this.folder),
        },
        { id: "what", title: "What", cell: (node) => this.#what(node), sort: (node) => this.#rank(node) },
        number("old", "Old", of("old"), sum("old"), size),
        number("new", "New", of("new"), sum("new"), size),
        number("change", "Change", grown(of), grown(sum), change),
      ],
      sorted: { id: "change", down: true },
      onsort: ({ id, down }) =>
        this.go({ sort: id === "change" && down ? null : `${down ? "-" : ""}${id}` }, true),
      onrow: (node, line) => {
        if (node === this.picked) line.setAttribute("aria-current", "true");
      },
    });
  }

  #name(node) {
    const { tree } = this;
    if (tree.tails.has(node)) {
      const above = this.isFlat ? `/${tree.path(node)}` : "";
      return h("span", { class: "faint" }, above, tree.label(node));
    }
    const text = this.isFlat ? `/${tree.path(node)}` : tree.label(node);
    if (tree.hasChildren(node)) {
      const at = tree.path(node);
      return h("a", { class: "path", href: this.#hash({ at }) }, `${text}/`);
    }
    const folder = tree.isFolder(node) ? "/" : "";
    return h("a", { class: "path", href: this.#hash({ at: tree.path(node) }) }, `${text}${folder}`);
  }

  #hash(more) {
    return hashOf("changes", { ...this.params, part: "files", q: null, ...more });
  }

  #rank(node) {
    const record = this.#told(node);
    return record < 0 ? -1 : Object.keys(WORDS).indexOf(this.tree.word(record));
  }

  /** The record of a node where it is told of; -1: what is shown is below it. */
  #told(node) {
    const record = this.tree.recordOf(node);
    return record >= 0 && (!this.filter.keep || this.filter.keep[record]) ? record : -1;
  }

  #what(node) {
    const { sums } = this.filter;
    if (this.tree.tails.has(node)) return h("span", { class: "faint" }, this.#many(node));
    const record = this.#told(node);
    const isPath = record >= 0 && this.tree.word(record) !== "left";
    const below = sums.paths[node] + sums.left[node] > (record >= 0 ? 1 : 0);
    return [
      record < 0 ? null : this.#words(record),
      below && !this.isFlat
        ? h("span", { class: "faint" }, record < 0 ? "" : " · ", differing(sums, node, isPath ? 1 : 0))
        : null,
    ];
  }

  /** What became of the small ones that a node stands for. */
  #many(node) {
    const { tree } = this;
    const found = new Map();
    for (let record = tree.firstRecord[node]; record < tree.firstRecord[node + 1]; record += 1) {
      if (this.filter.keep && !this.filter.keep[record]) continue;
      const [, words] = WORDS[tree.word(record)];
      found.set(words, (found.get(words) ?? 0) + tree.standsFor(record));
    }
    return Array.from(found, ([words, number]) => `${count(number)} ${words}`).join(", ");
  }

  #words(record) {
    const { tree } = this;
    const [sign, words] = WORDS[tree.word(record)];
    const how = tree.howOf(record);
    const other = tree.from.get(record) ?? tree.to.get(record);
    return [
      h("span", { class: "sign", "aria-hidden": "true" }, sign),
      how ? `only ${how}` : words,
      other === undefined
        ? null
        : [
            tree.from.has(record) ? " from " : " to ",
            h(
              "a",
              { class: "path", href: this.#hash({ at: tree.path(tree.node[other]) }) },
              `/${tree.path(tree.node[other])}`,
            ),
          ],
      tree.unsure.has(record) ? h("span", { class: "faint" }, " (contents could not be compared)") : null,
    ];
  }

  // ----------------------------------------------------------------------------- a place

  show(params) {
    const { tree } = this;
    this.params = params;
    const { at = "", q = "", hide = "", area, list, sort } = params;
    const node = tree.find(at);
    // Of what holds nothing, its directory is shown, and it is told of beside the table.
    this.folder = tree.hasChildren(node) ? node : Math.max(0, tree.parent[node]);
    this.picked = node === this.folder ? -1 : node;
    this.isFlat = list === "all" || q !== "";
    this.#refine(q, new Set(hide.split(",").filter(Boolean)));
    if (document.activeElement !== this.search) this.search.value = q;
    this.area.value = Object.hasOwn(AREAS, area ?? "") ? area : "change";
    this.list.value = list === "all" ? "all" : "folder";
    this.#lay();
    const focus =
      this.picked >= 0
        ? this.picked
        : this.last > this.folder && this.last < tree.end[this.folder]
          ? this.#inside(this.last)
          : null;
    this.map.show(this.folder, {
      sums: this.filter.sums,
      area: this.area.value,
      focus,
      picked: this.picked >= 0 ? this.picked : null,
    });
    this.last = this.folder;
    const by = /^(-?)(path|what|old|new|change)$/.exec(sort ?? "-change");
    this.table.show(this.#rows(), { sorted: by && { id: by[2], down: by[1] === "-" } });
  }

  /** Of a node below the directory, the one that stands in it. */
  #inside(node) {
    let at = node;
    while (this.tree.parent[at] !== this.folder) at = this.tree.parent[at];
    return at;
  }

  #refine(q, hidden) {
    const key = `${[...hidden].sort().join()} ${q}`;
    if (this.filter.key === key) return;
    const words = hidden.size ? new Set(Object.keys(WORDS).filter((word) => !hidden.has(word))) : null;
    if (hidden.has("moved")) words.delete("left");
    const keep = this.tree.kept(words, q);
    this.filter = { key, keep, sums: this.tree.sums(keep, this.filter.sums) };
    for (const [word, box] of Object.entries(this.boxes.inputs)) box.checked = !hidden.has(word);
  }

  #rows() {
    const { tree, folder } = this;
    const { sums, keep } = this.filter;
    if (!this.isFlat) return tree.children(folder).filter((node) => sums.paths[node] + sums.left[node]);
    const rows = [];
    for (let record = tree.firstRecord[folder]; record < tree.firstRecord[tree.end[folder]]; record += 1) {
      const node = tree.node[record];
      // What stands for many small ones has several records.
      if ((!keep || keep[record]) && rows.at(-1) !== node) rows.push(node);
    }
    return rows;
  }

  #lay() {
    const { tree, folder, picked } = this;
    const { grown, shrunk, paths } = this.filter.sums;
    replace(
      this.crumbs,
      h(
        "ol",
        {},
        tree.line(folder).map((node) =>
          h(
            "li",
            {},
            h(
              "a",
              {
                class: "path",
                href: hashOf("changes", { ...this.params, part: "files", at: tree.path(node) }),
                "aria-current": node === folder ? "page" : null,
              },
              tree.label(node),
            ),
          ),
        ),
      ),
    );
    const own = this.#told(folder);
    replace(
      this.status,
      h("strong", {}, change(grown[folder] - shrunk[folder])),
      ` in ${differing(this.filter.sums, folder)}`,
      this.params.q ? ` that ${paths[folder] === 1 ? "matches" : "match"}` : null,
      grown[folder] && shrunk[folder] ? `: ${change(grown[folder])} and ${change(-shrunk[folder])}` : null,
      own < 0 ? null : [". The directory itself: ", this.#words(own)],
      ".",
    );
    replace(this.detail, picked < 0 ? null : this.#detail(picked));
  }

  #detail(node) {
    const { tree } = this;
    const record = tree.recordOf(node);
    const path = tree.path(node);
    const there = !["removed", "left"].includes(tree.word(record));
    return h(
      "div",
      { class: "picked" },
      h("p", {}, h("strong", { class: "path" }, `/${path}`)),
      h("p", {}, this.#words(record)),
      h(
        "p",
        {},
        `${tree.kinds[tree.kind[record]]}, ${size(tree.old[record])} → ${size(tree.new[record])}: `,
        change(tree.new[record] - tree.old[record]),
        there ? [" · ", pathLink(path, { text: "in the new image" })] : null,
      ),
    );
  }
}
