// The packages: a table of all, and all that is known of one.

import { h, replace } from "../dom.js";
import { adjust } from "../facts.js";
import { layerLink } from "../links.js";
import { aboutPackage, aboutUnowned } from "../packagepage.js";
import { Packages, ecosystemStyle } from "../packages.js";
import { hashOf } from "../route.js";
import { clipped, count, counted, share, size } from "../shown.js";
import { figures, table } from "../table.js";
import { swatch } from "../words.js";

const VIEW = "packages";

/** The parameter `at` of what no package owns. */
const UNOWNED = "none";

class PackagesView {
  constructor(report) {
    this.image = report.image;
    this.packages = new Packages(report.image);
    this.params = {};
    this.status = h("p", { class: "filtered-sum", role: "status" });
    this.listing = h("div");
    this.about = h("div", { class: "one-package" });
    this.told = h("p", { class: "unseen", role: "status" });
    this.search = h("input", {
      type: "search",
      placeholder: "name, version, why …",
      oninput: () => adjust(VIEW, this.params, { q: this.search.value }),
    });
    this.kind = h(
      "select",
      { onchange: () => adjust(VIEW, this.params, { kind: this.kind.value }) },
      h("option", { value: "" }, "all"),
      this.packages.data.ecosystems.map(({ ecosystem }) =>
        h("option", { value: ecosystem }, ecosystemStyle(ecosystem).label),
      ),
    );
    const none = this.packages.whyNone();
    this.element = h(
      "section",
      { class: "packages-view" },
      h("h1", {}, "Packages"),
      none.length ? h("p", {}, none.join(" ")) : null,
      this.problems(),
      none.length && !this.packages.data.looked ? null : this.overview(),
      none.length ? this.about : this.list(),
    );
  }

  list() {
    this.all = h(
      "div",
      { class: "all-packages" },
      h("h2", {}, "All packages"),
      h(
        "form",
        { class: "package-filters", role: "search", onsubmit: (event) => event.preventDefault() },
        h("label", {}, h("span", {}, "Find"), this.search),
        h("label", {}, h("span", {}, "Ecosystem"), this.kind),
        this.status,
      ),
      this.listing,
    );
    return h("div", { class: "package-columns" }, this.all, this.about, this.told);
  }

  problems() {
    const { problems } = this.packages.data;
    if (!problems.length) return null;
    return h(
      "details",
      { class: "problems" },
      h("summary", {}, `${counted(problems.length, "package database")} could not be read`),
      table({
        caption: "Package databases that could not be read",
        rows: problems,
        columns: [
          { id: "path", title: "Path", header: true, cell: (row) => h("span", { class: "path" }, `/${row.path}`) },
          { id: "why", title: "Why", cell: (row) => row.why },
        ],
      }).element,
    );
  }

  /** Where the live bytes are: one bar that adds up, and its legend. */
  overview() {
    const { data } = this.packages;
    const live = this.image.document.scores.live_bytes;
    const parts = data.ecosystems.map((row) => ({
      ...row,
      ...ecosystemStyle(row.ecosystem),
      href: hashOf(VIEW, { kind: row.ecosystem }),
    }));
    const { bytes, files } = data.unowned;
    if (files) {
      const href = hashOf(VIEW, { at: UNOWNED });
      parts.push({ label: "owned by no package", colour: "--kept", pattern: "stripes", bytes, files, href });
    }
    const line = h(
      "tr",
      { class: "total" },
      h("th", { scope: "row" }, "All live bytes"),
      h("td", { class: "number" }, size(live)),
      h("td", { class: "number" }, share(live, live)),
      h("td", { class: "number" }, count(parts.reduce((sum, part) => sum + part.files, 0))),
      h("td", { class: "number" }, count(this.packages.rows.length)),
    );
    return h(
      "div",
      { class: "whose" },
      h("h2", {}, "Whose the live bytes are"),
      h(
        "div",
        { class: "stack", "aria-hidden": "true" },
        parts
          .filter((part) => part.bytes)
          .map((part) =>
            h("span", {
              class: part.pattern,
              style: { "--of": `var(${part.colour})`, "flex-grow": String(part.bytes) },
              title: `${part.label}: ${size(part.bytes)}, ${share(part.bytes, live)}`,
            }),
          ),
      ),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": "Live bytes by ecosystem" },
        h(
          "table",
          {},
          h("caption", { class: "unseen" }, "Live bytes by the ecosystem of the package that owns them"),
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, "Ecosystem"),
              ["Bytes", "Share", "Files", "Packages"].map((title) =>
                h("th", { scope: "col", class: "number" }, title),
              ),
            ),
          ),
          h(
            "tbody",
            {},
            parts.map((part) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, swatch(part), h("a", { href: part.href }, part.label)),
                h("td", { class: "number" }, size(part.bytes)),
                h("td", { class: "number" }, share(part.bytes, live)),
                h("td", { class: "number" }, count(part.files)),
                h("td", { class: "number" }, part.packages === undefined ? "" : count(part.packages)),
              ),
            ),
            line,
          ),
        ),
      ),
    );
  }

  link(index, text) {
    return h(
      "a",
      {
        href: hashOf(VIEW, { ...this.params, at: String(index) }),
        "aria-current": String(index) === this.params.at && "true",
      },
      text,
    );
  }

  columns() {
    const largest = this.packages.rows.reduce((most, row) => Math.max(most, row.bytes), 1);
    const wired = this.packages.rows.some((row) => row.transfer !== null);
    return [
      {
        id: "name",
        title: "Package",
        header: true,
        cell: (row) => h("span", { class: "path" }, this.link(row.index, clipped(row.name, 120))),
        sort: (row) => row.name.toLowerCase(),
      },
      {
        id: "version",
        title: "Version",
        cell: (row) => h("span", { class: "version" }, clipped(row.version, 60)),
        sort: (row) => row.version,
      },
      {
        id: "kind",
        class: "aside kind",
        title: "Ecosystem",
        cell: (row) => [swatch(ecosystemStyle(row.ecosystem)), row.ecosystem],
        sort: (row) => row.ecosystem,
      },
      {
        id: "bytes",
        title: "Size",
        number: true,
        first: "down",
        cell: (row) =>
          h("span", { class: "sized", style: { "--part": `${(100 * row.bytes) / largest}%` } }, size(row.bytes)),
        sort: (row) => row.bytes,
      },
      wired && {
        id: "transfer",
        class: "aside",
        title: "On the wire ≈",
        help: "What its files take compressed in their layers, estimated",
        number: true,
        first: "down",
        cell: (row) => size(row.transfer),
        sort: (row) => row.transfer,
      },
      figures("files", "Files", count, (row) => row.files),
      {
        id: "layer",
        title: "Layer",
        help: "The lowest layer whose database lists this name and version",
        cell: (row) =>
          h(
            "span",
            { class: "since" },
            layerLink(row.layer, String(row.layer)),
            row.base && h("span", { class: "faint" }, " base"),
          ),
        sort: (row) => row.layer,
      },
      {
        id: "why",
        class: "aside",
        title: "Why it is there",
        cell: (row) => h("span", { class: "why" }, row.why || h("span", { class: "faint" }, "not known")),
        sort: (row) => row.why,
      },
      this.packages.rows.some((row) => row.licence) && {
        id: "licence",
        class: "aside",
        title: "Licence",
        cell: (row) => h("span", { class: "licence" }, clipped(row.licence, 60)),
        sort: (row) => row.licence,
      },
    ].filter(Boolean);
  }

  /** Lay out the rows that the parameters choose. */
  choose() {
    const { q = "", kind = "", sort = "-bytes" } = this.params;
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = this.packages.rows.filter(
      (row) =>
        (!kind || row.ecosystem === kind) && words.every((word) => row.searched.includes(word)),
    );
    this.chosen = new Set(rows.map((row) => String(row.index)));
    const sorted = { id: sort.replace(/^-/, ""), down: sort.startsWith("-") };
    const now = this.table?.sorted;
    if (now?.id === sorted.id && now.down === sorted.down) this.table.show(rows);
    else {
      this.table = table({
        columns: this.columns(),
        rows,
        caption: "Packages",
        sorted,
        onsort: ({ id, down }) => {
          this.laid = this.choice({ ...this.params, sort: `${down ? "-" : ""}${id}` });
          adjust(VIEW, this.params, { sort: `${down ? "-" : ""}${id}` });
        },
        onrow: (row, line) => {
          if (String(row.index) === this.params.at) line.setAttribute("class", "chosen");
          line.dataset.at = String(row.index);
        },
        empty: "No package matches.",
      });
      replace(this.listing, this.table.element);
    }
    const bytes = this.packages.sum(rows);
    const all = rows.length === this.packages.rows.length;
    replace(this.status, `${counted(rows.length, "package")}${all ? "" : " found"}, ${size(bytes)}`);
  }

  choice({ q = "", kind = "", sort = "" }) {
    return JSON.stringify([q, kind, sort]);
  }

  show(params) {
    const before = this.params;
    this.params = params;
    if (this.packages.rows.length) {
      if (this.search.value !== (params.q ?? "")) this.search.value = params.q ?? "";
      if (this.kind.value !== (params.kind ?? "")) this.kind.value = params.kind ?? "";
      if (this.laid !== this.choice(params)) {
        this.laid = this.choice(params);
        this.choose();
      }
    }
    if (this.shown !== params.at) this.tell(before);
    this.mark();
  }

  /** Show what `at` names beside the table; where there is no room, in its place. */
  tell(before) {
    const { at } = this.params;
    const one = this.packages.rows[at];
    const left = this.shown !== undefined;
    this.shown = at;
    const page =
      at === UNOWNED && this.packages.data.looked
        ? aboutUnowned(this.packages)
        : one && /^\d+$/.test(at)
          ? aboutPackage(this.packages, one, (index, text) => this.link(index, text))
          : null;
    if (page && !left) this.scrolled = window.scrollY;
    const within = this.about.contains(document.activeElement);
    replace(
      this.about,
      page &&
        h(
          "p",
          { class: "close" },
          h("a", { href: hashOf(VIEW, { ...this.params, at: undefined }) }, "All packages"),
        ),
      page,
    );
    this.element.classList.toggle("one", page !== null);
    if (!page) {
      if (left && before.at !== undefined) window.scrollTo(0, this.scrolled ?? 0);
      return;
    }
    // Who follows a link from one package to another, or where it takes the table's place,
    // reads on at its name.
    const heading = page.querySelector("h2");
    this.about.scrollTop = 0;
    if (within || this.all?.offsetParent === null) {
      heading.scrollIntoView({ block: "nearest" });
      heading.focus({ preventScroll: true });
    } else {
      if (one) this.bring(at);
      if (left) replace(this.told, `Beside the table: ${heading.textContent}`);
    }
  }

  /** Bring the row of the package that is told of into sight, if the filters leave it. */
  bring(at) {
    if (!this.table || !this.chosen.has(at)) return;
    const line = this.table.reach(this.packages.rows[at]);
    line.scrollIntoView({ block: "nearest" });
    // Who chose it in the table is there already.
    if (!line.contains(document.activeElement)) line.querySelector("th a").focus({ preventScroll: true });
  }

  mark() {
    for (const line of this.listing.querySelectorAll("tr[data-at]")) {
      const chosen = line.dataset.at === this.params.at;
      line.classList.toggle("chosen", chosen);
      const link = line.querySelector("th a");
      link.href = hashOf(VIEW, { ...this.params, at: line.dataset.at });
      if (chosen) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
}

export const packages = {
  id: VIEW,
  title: "Packages",
  has: (report) => report.image !== null,
  count: (report) => report.image.data.packages.rows.length || null,
  make: (report) => new PackagesView(report),
};
