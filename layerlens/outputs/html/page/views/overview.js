// The report at a glance.

import { h } from "../dom.js";
import { imageFacts, notices, scores, sizes } from "../overview/facts.js";
import { lead } from "../overview/lead.js";
import { fixes } from "../overview/fixes.js";
import { layersBar } from "../overview/layers.js";
import { ledger, rowsOf, split } from "../overview/ledger.js";
import { banner, judged } from "../overview/verdict.js";

/** Rows of the ledger's table beside which the other column is the longer one. */
const LOW = 7;

export const overview = {
  id: "overview",
  title: "Overview",
  has: (report) => report.image !== null,
  make(report) {
    const { document, data } = report.image;
    const more = data.overview;
    const rulings = document.verdict && judged(document.verdict, more.verdict, document.scores);
    const meters = h("section", {}, h("h2", {}, "Which size is which"), sizes(document));
    const advice = fixes(report.image, more);
    // Below the shorter of the two columns.
    const low = rowsOf(document) <= LOW;
    const element = h(
      "div",
      { class: "overview" },
      h("h1", {}, "Overview"),
      lead(document, more.fixes, advice?.querySelector("h2")),
      notices(document),
      document.verdict && banner(document.verdict, more.verdict, rulings?.querySelector("h2")),
      h(
        "div",
        { class: "side-by-side" },
        h(
          "div",
          {},
          h("section", {}, h("h2", {}, "Scores"), scores(document)),
          h("section", {}, h("h2", {}, "Where the bytes are"), ledger(document)),
          low && meters,
        ),
        h(
          "div",
          {},
          h("section", {}, h("h2", {}, "The image"), imageFacts(document)),
          split(document),
          h("section", {}, h("h2", {}, "Layers"), layersBar(document)),
          !low && meters,
        ),
      ),
      advice,
      rulings,
    );
    return { element, show() {} };
  },
};
