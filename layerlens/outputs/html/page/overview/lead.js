// The image in two sentences: how large, how much of it is waste, and what to do first.

import { h } from "../dom.js";
import { findingLink, layerLink } from "../links.js";
import { counted, share, size } from "../shown.js";

/** `best` are the indices of the findings that save most; `details` is where these stand. */
export function lead(document, best, details) {
  const { scores, layers, findings } = document;
  const total = scores.total_bytes;
  const waste = scores.dead_bytes + (findings === null ? 0 : scores.removable_bytes);
  const word = findings === null ? "dead" : "waste";
  return h(
    "p",
    { class: "lead" },
    h("strong", {}, size(total)),
    ` in ${counted(layers.length, "layer")}, `,
    waste ? [h("strong", {}, `${size(waste)} (${share(waste, total)})`), " of it "] : "none of it ",
    word,
    ".",
    best.length > 0 && first(findings, best),
    best.length > 1 && details && [" ", jump(best.length, details)],
  );
}

/** What saves most, and what is to blame for it; where the base holds more than that, this too. */
function first(findings, best) {
  const base = best.find((at) => findings[at].base);
  const more = base !== best[0] && findings[base]?.bytes > findings[best[0]].bytes;
  return [" Mend first: ", saving(findings, best[0]), more && ["; with another base: ", saving(findings, base)], "."];
}

function saving(findings, at) {
  const { title, bytes, layer, base } = findings[at];
  return [
    findingLink(at, title.slice(0, 150)),
    ", which saves ",
    h("strong", {}, size(bytes)),
    layer !== null && [base ? " in the base's " : " in ", layerLink(layer)],
  ];
}

function jump(many, details) {
  details.tabIndex = -1;
  return h(
    "button",
    {
      type: "button",
      onclick: () => {
        details.scrollIntoView({ block: "start" });
        details.focus({ preventScroll: true });
      },
    },
    `The ${many} best fixes`,
  );
}
