// What changed from one image to the other, in parts with links of their own.

import { files } from "../changes/files.js";
import { findings } from "../changes/findings.js";
import { layers } from "../changes/layers.js";
import { packages } from "../changes/packages.js";
import { summary } from "../changes/summary.js";
import { why } from "../changes/why.js";
import { h } from "../dom.js";
import { hashOf } from "../route.js";
import { count } from "../shown.js";

/** The parts: what makes them, what they are called, and how many things are in them. */
const PARTS = {
  summary: { make: summary, title: "Summary", count: () => null },
  files: { make: files, title: "Files", count: ({ tree }) => tree.differing },
  layers: {
    make: layers,
    title: "Layers",
    count: ({ document }) => document.layers.filter((pair) => !pair.same).length,
  },
  packages: { make: packages, title: "Packages", count: ({ document }) => document.packages.length },
  findings: {
    make: findings,
    title: "Findings",
    count: ({ document: { findings: found } }) => (found ? found.new.length + found.fixed.length : 0),
  },
  why: { make: why, title: "Where the bytes are", count: () => null },
};

export const changes = {
  id: "changes",
  title: "Changes",
  has: (report) => report.comparison !== null,
  make(report) {
    const { comparison } = report;
    const made = new Map();
    const links = new Map();
    const body = h("div", { class: "parts-of-it" });
    for (const [id, part] of Object.entries(PARTS)) {
      const number = part.count(comparison);
      links.set(
        id,
        h(
          "a",
          { href: hashOf("changes", id === "summary" ? {} : { part: id }) },
          part.title,
          number === null ? null : h("span", { class: "badge" }, count(number)),
        ),
      );
    }
    const lay = (id) => {
      let part = made.get(id);
      if (!part) {
        part = PARTS[id].make(report);
        part.box = h("div", { class: "part" }, part.element);
        made.set(id, part);
        body.append(part.box);
      }
      return part;
    };
    let now = "summary";
    const only = () => made.forEach((part, id) => (part.box.hidden = id !== now));
    // On paper there are no parts to choose from: all are printed, in their order.
    window.addEventListener("beforeprint", () => {
      if (!body.isConnected) return;
      for (const id of Object.keys(PARTS)) {
        const part = lay(id);
        part.box.hidden = false;
        body.append(part.box);
        if (!part.seen) part.show({});
      }
    });
    window.addEventListener("afterprint", only);
    const element = h(
      "section",
      { class: "changes" },
      h("h1", {}, "Changes"),
      images(comparison),
      comparison.document.unsure ? unsure(comparison.document.unsure) : null,
      h(
        "div",
        { role: "navigation", "aria-label": "Parts of the comparison", class: "part-links" },
        h(
          "ul",
          {},
          Array.from(links.values(), (link) => h("li", {}, link)),
        ),
      ),
      body,
    );
    return {
      element,
      show(params) {
        now = Object.hasOwn(PARTS, params.part ?? "") ? params.part : "summary";
        element.dataset.part = now;
        element.classList.toggle("beyond", now === "files");
        const part = lay(now);
        only();
        for (const [id, link] of links) {
          if (id === now) link.setAttribute("aria-current", "page");
          else link.removeAttribute("aria-current");
        }
        part.seen = true;
        part.show(params);
      },
    };
  },
};

function images({ document: { old, new: now }, data: { names } }) {
  const one = (label, image, name) =>
    h(
      "div",
      {},
      h("dt", {}, label),
      h(
        "dd",
        {},
        h("strong", { class: "path" }, name),
        image.platform ? ` (${image.platform})` : null,
        name === image.reference ? null : [", ", h("span", { class: "path faint" }, image.reference)],
      ),
    );
  return h("dl", { class: "images" }, one("Old", old, names[0]), one("New", now, names[1]));
}

function unsure(number) {
  return h(
    "p",
    { class: "note" },
    `The contents of ${count(number)} ${number === 1 ? "file" : "files"} could not be compared: equal size and `,
    "time were taken for equal content.",
  );
}
