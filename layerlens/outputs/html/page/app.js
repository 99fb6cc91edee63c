// The frame around the views: heading, navigation, theme, and which view stands in it.

import { add, h } from "./dom.js";
import { exportMenu } from "./export/menu.js";
import { go, hashOf, parse } from "./route.js";
import { count } from "./shown.js";
import { themeChoice } from "./themechoice.js";

/**
 * The application, of a report and the views that may show it.  A view is an object with `id`, `title`, `has(report)` (whether it has
 * something to show), `count(report)` (what stands beside its title, or null) and
 * `make(report)`, which gives {element, show(params)}: `show` is called on every arrival.
 */
export class App {
  constructor(report, views) {
    this.report = report;
    this.views = views.filter((view) => view.has(report));
    /** Which views there are, by id: the guide tells of these alone. */
    report.views = new Set(this.views.map((view) => view.id));
    this.made = new Map();
    this.links = new Map();
    this.now = null;
  }

  start(body) {
    this.main = h("main", { id: "main", tabindex: "-1" });
    for (const view of this.views) {
      const number = view.count?.(this.report) ?? null;
      const link = h(
        "a",
        { href: hashOf(view.id) },
        view.title,
        number === null ? null : h("span", { class: "badge" }, number),
      );
      this.links.set(view.id, link);
    }
    add(body, [
      h("a", { class: "skip", href: "#main", onclick: (event) => this.skip(event) }, "Skip to content"),
      h(
        "header",
        { class: "top" },
        h("p", { class: "brand" }, "LayerLens"),
        h("p", { class: "subject", title: subjectTitle(this.report) }, this.report.title),
        exportMenu(this.report),
        themeChoice(),
      ),
      partly(this.report.image?.data.partial),
      h(
        "nav",
        { "aria-label": "Views" },
        h("ul", {}, Array.from(this.links.values(), (link) => h("li", {}, link))),
      ),
      foldedNotice(this.report.image?.folded),
      this.main,
    ]);
    window.addEventListener("hashchange", () => this.arrive());
    this.arrive();
  }

  /** Show the place that the hash names; an unknown one leads to the first view. */
  arrive() {
    const { view: id, params } = parse(location.hash);
    const view = this.views.find((each) => each.id === id);
    if (!view) {
      go(this.views[0].id, {}, { quietly: true });
      return;
    }
    const other = this.now !== view;
    let made = this.made.get(view.id);
    if (!made) {
      made = view.make(this.report);
      this.made.set(view.id, made);
    }
    if (other) {
      this.main.replaceChildren(made.element);
      for (const [each, link] of this.links) {
        if (each === view.id) {
          link.setAttribute("aria-current", "page");
          inSight(link);
        } else link.removeAttribute("aria-current");
      }
      this.showLink(this.links.get(view.id));
      document.title = `${view.title} - ${this.report.title} - LayerLens`;
      // Who follows a link to another view reads on there; at the start nothing is focused.
      if (this.now) {
        this.main.focus({ preventScroll: true });
        window.scrollTo(0, 0);
      }
      this.now = view;
    }
    made.show(params);
  }

  /** Where there is no room for all views, the one that is shown stands in sight. */
  showLink(link) {
    const nav = link.closest("nav");
    nav.scrollLeft = link.offsetLeft - (nav.clientWidth - link.offsetWidth) / 2;
  }

  skip(event) {
    event.preventDefault();
    this.main.focus();
  }
}

/** The name in full, as it may be cut off, and where what is called so was read from. */
function subjectTitle({ title, origin }) {
  return origin === title ? title : `${title}, read from ${origin}`;
}

/** Scroll the row of links, where that is too narrow for all, until one is seen. */
function inSight(link) {
  const row = link.closest("nav");
  const [box, whole] = [link.getBoundingClientRect(), row.getBoundingClientRect()];
  if (box.left < whole.left || box.right > whole.right) {
    row.scrollLeft += box.left - whole.left - (whole.width - box.width) / 2;
  }
}

/** That not all layers were read, where it is so: it holds of every figure of every view. */
function partly(partial) {
  if (!partial) return null;
  const of = partial.layers === null ? "" : ` of ${count(partial.layers)}`;
  return h(
    "p",
    { class: "partly", role: "note" },
    `Only ${count(partial.read)}${of} layers were read when this was written: all figures are of these.`,
  );
}

/** Says so where an image has more files than a page can tell of by name. */
function foldedNotice(folded) {
  if (!folded) return null;
  return h(
    "aside",
    { class: "folded", "aria-label": "About small files" },
    `The ${count(folded.files)} smallest of ${count(folded.of)} files are not named here: each directory ` +
      "shows them as one sum, links among them without what they lead to. Every figure still counts them all.",
  );
}
