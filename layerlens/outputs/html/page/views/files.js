// All files: a treemap, and a table of the same directory.

import { h, replace } from "../dom.js";
import { columnsFor, UP } from "../files/columns.js";
import { colourings, packages } from "../files/colouring.js";
import { crumbs } from "../files/crumbs.js";
import { facts, fullPath, instruction } from "../files/describe.js";
import { details } from "../files/details.js";
import { Finder } from "../files/finder.js";
import { legend } from "../files/legend.js";
import { paramsOf, read } from "../files/place.js";
import { scopeName, scopes } from "../files/scope.js";
import { resolve } from "../files/target.js";
import { toolbarOf } from "../files/toolbar.js";
import { go, hashOf } from "../route.js";
import { clipped, counted, share, size } from "../shown.js";
import { BESIDE_MAP, table } from "../table.js";
import { MEASURES } from "../tree.js";
import { largest, leadsTo } from "../treemap/small.js";
import { treemap } from "../treemap/treemap.js";
import { PLAIN } from "../words.js";

export const files = {
  id: "files",
  title: "Files",
  has: (report) => report.image !== null,
  make: (report) => new FilesView(report.image),
};

const HELP =
  "Arrow keys go to the neighbouring rectangle, End to the smallest beside it, Page Down to the largest inside " +
  "it and Page Up back out, Enter goes into a directory, shows a file, or shows alone what is too small to see, " +
  "Backspace goes up, Home to the root, slash to the search. The table beside it has the same figures.";

const NOTHING = { colour: "--base", pattern: PLAIN };

class FilesView {
  constructor(image) {
    this.image = image;
    this.tree = image.tree;
    this.able = {
      layers: image.document.layers.length,
      transfer: this.tree.wire !== null,
      package: packages(image) !== null,
    };
    this.scopeOf = scopes(this.tree);
    this.colouring = colourings(image);
    this.finder = new Finder(this.tree, {
      found: () => this.#draw(),
      problem: () => this.#draw(),
    });
    this.place = null;
    this.drawn = "";
    this.around = "";
    this.root = 0;
    this.selected = null;
    this.lines = new Map();
    this.toolbar = toolbarOf(
      image,
      (part, quietly) => this.#visit(part, quietly),
      () => this.finder.prepare(this.scope, this.place.size),
    );
    this.crumbs = crumbs();
    this.map = treemap({
      label: "Treemap of the directory",
      help: HELP,
      on: {
        open: (node) => this.#open(node),
        pick: (node) => this.#pick(node),
        up: () => this.#up(),
        home: () => this.#open(0),
        focus: (node) => this.#select(node),
        list: (node) => this.table.enter(node),
      },
      tell: (cell) => this.#tell(cell),
      say: (cell) => this.#say(cell),
    });
    this.legend = legend((only) => this.#visit({ only }));
    this.details = details(image);
    this.now = null;
    this.table = table({
      columns: columnsFor(image, () => this.now),
      rows: [],
      caption: "Files of the directory",
      sorted: null,
      onsort: (sort) => this.#visit({ sort: this.#isUsual(sort) ? null : sort }, true),
      onrow: (node, line) => {
        this.lines.set(node, line);
        if (node === this.selected) current(line);
      },
      empty: "No files here.",
      ...BESIDE_MAP,
    });
    this.notice = h("p", { class: "notice", role: "status", hidden: true });
    this.totals = h("p", { class: "totals" });
    this.element = this.#frame();
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #frame() {
    const side = h(
      "div",
      { class: "side", tabindex: "0", role: "region", "aria-label": "Legend and details" },
      this.legend.element,
      this.details.element,
    );
    return h(
      "section",
      { class: "files beyond" },
      h("h1", {}, "Files"),
      this.toolbar.element,
      this.notice,
      h("div", { class: "where" }, this.crumbs.element, this.totals),
      h("div", { class: "panes" }, this.map.element, side, h("div", { class: "twin" }, this.table.element)),
    );
  }

  // ---------------------------------------------------------------------- going about

  #visit(part, quietly = false) {
    const layer = part.of !== undefined && /^\d+$/.test(part.of) ? Number(part.of) : part.of;
    const place = { ...this.place, ...part, ...(part.of === undefined ? {} : { of: layer }) };
    // What is looked at alone is of the colours that were.
    if (part.colour) place.only = null;
    go("files", paramsOf(place), { quietly });
  }

  #open(node) {
    this.#visit({ at: this.tree.path(node), pick: null });
  }

  #up() {
    if (this.root) this.#open(this.tree.parent[this.root]);
  }

  #pick(node) {
    if (this.tree.nameOf(node))
      this.#visit({ at: this.tree.path(this.root), pick: this.tree.path(node) }, true);
  }

  #hrefOf(node) {
    const { tree } = this;
    const folder = this.scope.folder(node) || !node;
    const where = folder
      ? { at: tree.path(node), pick: null, q: "" }
      : { at: tree.path(this.hits ? tree.parent[node] : this.root), pick: tree.path(node) };
    return hashOf("files", paramsOf({ ...this.place, ...where }));
  }

  #pressed(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.element.isConnected || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    this.toolbar.search.focus();
  }

  // -------------------------------------------------------------------------- arriving

  /** Show a place; what is the same as before stays as it is. */
  show(params) {
    this.place = read(params, this.able);
    this.#draw();
  }

  #draw() {
    const { place, tree } = this;
    const scope = this.scopeOf(place.of);
    const before = this.root;
    const around = this.around;
    const { root, picked, notice } = resolve(scope, place.at, place.pick);
    this.scope = scope;
    this.root = root;
    this.picked = picked;
    this.toolbar.show(place);
    this.notice.hidden = !notice;
    replace(this.notice, notice);
    const there = this.element.isConnected && this.now;
    this.around = JSON.stringify([root, place.of, place.size, place.colour, place.only]);
    const group = place.only === null ? null : this.colouring(place.colour).over(scope, place.size).of(place.only);
    const hits = this.finder.hits(place.q, scope, place.size, group);
    if (this.finder.waits && there && around === this.around) {
      // What is shown stays until the answer is there.
      this.toolbar.say("Searching…");
      return;
    }
    this.hits = hits;
    this.group = hits && group;
    this.#saySearch();
    // What is drawn depends on this; sorting and looking at details leave it.
    const drawn = this.around + JSON.stringify(hits && place.q);
    const same = there && drawn === this.drawn;
    this.drawn = drawn;
    if (!same) {
      this.crumbs.show(tree, root, (node) =>
        hashOf("files", paramsOf({ ...place, at: tree.path(node), pick: null })),
      );
      this.#sayTotals();
      this.#drawMap(before);
      this.#drawLegend();
      this.#drawTable();
    } else if (JSON.stringify(place.sort ?? this.#usual()) !== JSON.stringify(this.table.sorted)) {
      this.#drawTable();
    } else this.#refreshLinks();
    this.#select(null);
  }

  #drawMap(before) {
    const { scope, tree, place, hits } = this;
    const bytes = scope.bytes(place.size);
    const groups = this.colouring(place.colour).over(scope, place.size);
    const line = tree.line(before);
    // Who goes up stands on the directory that was left.
    const left = line[line.indexOf(this.root) + 1] ?? null;
    this.map.show(
      {
        root: this.root,
        weights: bytes,
        weight: (node) => bytes[node],
        children: (node) => scope.children(node),
        folder: (node) => scope.folder(node),
        style: (cell) => (cell.small ? groups.styleOf(cell.small) : groups.style(cell.node)) ?? NOTHING,
        label: (cell) => this.#label(cell),
        size: (cell) => size(cell.weight),
        dim: (cell) => hits !== null && !(cell.small ?? [cell.node]).some((node) => hits.touches(node)),
        lit: hits !== null && place.q !== "",
      },
      line.includes(this.root) ? left : null,
    );
  }

  #label(cell) {
    if (cell.rest) {
      return cell.level ? this.#many(cell) : `‹ ${fullPath(this.tree, cell.node)}: ${this.#many(cell)}`;
    }
    return cell.level ? this.tree.label(cell.node) : fullPath(this.tree, cell.node);
  }

  #drawLegend() {
    const { scope, place, root, image } = this;
    const groups = this.colouring(place.colour).over(scope, place.size);
    const rows = groups.tally(root).map(([group, bytes]) => ({
      style: groups.styles[group],
      note: place.colour === "layer" ? instruction(image.layer(group), 60) : null,
      bytes,
    }));
    const names = { layer: "layer", class: "class", package: "package", change: "change" };
    this.legend.show(`By ${names[place.colour]}`, rows, this.group && place.only);
  }

  // --------------------------------------------------------------------------- the table

  #usual() {
    return { id: this.place.size, down: true };
  }

  #isUsual(sort) {
    const usual = this.#usual();
    return sort.id === usual.id && sort.down === usual.down;
  }

  #drawTable() {
    const { scope, tree, place, root, hits, group } = this;
    const amounts = {};
    for (const each of MEASURES) if (tree.weights(each)) amounts[each] = scope.bytes(each);
    const whole = hits ? hits.bytes : amounts[place.size][root];
    if (group) amounts[place.size] = group.amounts;
    this.now = {
      scope,
      measure: place.size,
      colouring: this.colouring,
      whole,
      amount: (node, measure) => amounts[measure][node],
      link: (node) => this.#link(node),
    };
    const focused = this.table.element.contains(document.activeElement);
    this.lines.clear();
    this.table.show(hits ? hits.nodes : scope.children(root), {
      sorted: place.sort ?? this.#usual(),
      pinned: root && !hits ? [UP] : [],
    });
    // Who followed a link of the table goes on in it.
    if (focused && document.activeElement === document.body) {
      this.table.element.querySelector("tbody a")?.focus({ preventScroll: true });
    }
  }

  #link(node) {
    const { tree, hits, scope } = this;
    if (node === UP) return h("a", { href: this.#hrefOf(tree.parent[this.root]), "aria-label": "Up" }, "..");
    const name = hits ? tree.path(node) : tree.label(node);
    const text = clipped(name, 300) + (scope.folder(node) ? "/" : "");
    if (!tree.nameOf(node)) return h("span", { class: "path" }, text);
    // A path that does not fit breaks between names.
    const names = text.split(/(?<=\/)(?=.)/).flatMap((part, at) => (at ? [h("wbr"), part] : part));
    return h("a", { class: "path", href: this.#hrefOf(node) }, names);
  }

  #refreshLinks() {
    for (const [node, line] of this.lines) {
      const link = line.querySelector("a");
      const to = node === UP ? this.tree.parent[this.root] : node;
      if (link) link.setAttribute("href", this.#hrefOf(to));
    }
  }

  /** Show the details of what is focused, else of what is picked, else of the directory. */
  #select(focused) {
    const node = focused ?? this.picked ?? this.root;
    for (const line of this.element.querySelectorAll("tr.now")) {
      line.classList.remove("now");
      line.removeAttribute("aria-current");
    }
    this.selected = node;
    const line = this.lines.get(node);
    if (line) current(line);
    this.map.mark(this.picked);
    this.details.show(node, this.#facts(node));
  }

  #facts(node) {
    const { image, scope, root, colouring, place } = this;
    return facts(image, scope, node, { root, colouring, measure: place.size });
  }

  // --------------------------------------------------------------------------- in words

  #sayTotals() {
    const { scope, root, tree, place } = this;
    const parts = [size(scope.bytes("content")[root])];
    if (tree.wire) parts.push(`≈ ${size(scope.bytes("transfer")[root])} on the wire`);
    parts.push(`${size(scope.bytes("waste")[root])} waste`, counted(scope.files[root], "file"));
    if (typeof place.of === "number" && !root) {
      const { removed } = this.image.layer(place.of);
      if (removed.files) parts.push(`removes ${counted(removed.files, "file")} of ${size(removed.bytes)}`);
    }
    replace(this.totals, h("span", { class: "faint" }, `In ${scopeName(place.of)}: `), parts.join(" · "));
  }

  #saySearch() {
    const { hits, finder, place } = this;
    if (finder.waits) this.toolbar.say("Searching…");
    else if (finder.trouble) this.toolbar.say(finder.trouble, true);
    else if (!hits) this.toolbar.say("");
    else {
      const kinds = hits.directories
        ? ` (${counted(hits.files, "file")}, ${counted(hits.directories, "directory", "directories")})`
        : "";
      const paths = counted(hits.files + hits.directories, "path");
      const only = this.group ? ` of ${clipped(place.only, 100)}` : "";
      this.toolbar.say(`${paths}${kinds} in ${scopeName(place.of)}, ${size(hits.bytes)}${only}`);
    }
  }

  #many(cell) {
    return counted(cell.rest, "smaller one");
  }

  /** The largest of those that a cell stands for, with their bytes. */
  #largest({ small }) {
    const bytes = this.scope.bytes(this.place.size);
    return largest(small, (node) => bytes[node]).map(
      (node) => `${clipped(this.tree.label(node), 60)} ${size(bytes[node])}`,
    );
  }

  #tell(cell) {
    const { tree } = this;
    if (cell.rest) {
      return [
        h("p", {}, `${this.#many(cell)} in ${clipped(fullPath(tree, cell.node), 200)}: `, size(cell.weight)),
        h("p", {}, `The largest: ${this.#largest(cell).join(", ")}`),
        h("p", { class: "faint" }, leadsTo(cell, this.root)),
      ];
    }
    return [
      h("p", { class: "path" }, clipped(fullPath(tree, cell.node), 300)),
      h(
        "dl",
        {},
        this.#facts(cell.node).map(([name, text]) => [
          h("dt", {}, name),
          h("dd", {}, clipped(text, 200)),
        ]),
      ),
    ];
  }

  #say(cell) {
    const { tree, scope, root } = this;
    const all = scope.bytes(this.place.size)[root];
    const part = `${share(cell.weight, all)} of ${clipped(fullPath(tree, root), 100)}`;
    if (cell.rest) {
      const where = `${this.#many(cell)} in ${clipped(fullPath(tree, cell.node), 200)}`;
      const names = `the largest ${this.#largest(cell).join(", ")}`;
      return `${where}, ${size(cell.weight)}, ${part}, ${names}. ${leadsTo(cell, root)}`;
    }
    const kind = scope.folder(cell.node) ? "directory" : "file";
    return `${clipped(tree.label(cell.node), 200)}, ${kind}, ${size(cell.weight)}, ${part}`;
  }
}

/** Have a row of the table say that it is the one whose details are shown. */
function current(line) {
  line.classList.add("now");
  line.setAttribute("aria-current", "true");
}
