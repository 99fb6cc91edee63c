// Findings that are new, those that were fixed, and those that both images have.

import { add, h, replace } from "../dom.js";
import { fixParts } from "../fixparts.js";
import { findingLink, layerLink } from "../links.js";
import { change, count, counted, size } from "../shown.js";
import { table } from "../table.js";
import { severity } from "../words.js";

/** Findings that are laid out at once; the others wait for a button. */
const PIECE = 50;

/** {element, show()}. */
export function findings(report) {
  const { document, data } = report.comparison;
  const found = document.findings;
  if (!found) {
    return {
      element: h("section", {}, h("h2", {}, "Findings"), h("p", {}, "The rules did not run on both images.")),
      show() {},
    };
  }
  return {
    element: h(
      "section",
      { class: "found" },
      h("h2", {}, "Findings"),
      h(
        "p",
        {},
        `${count(found.new.length)} new, ${count(found.fixed.length)} fixed, ${count(found.in_both)} in both.`,
      ),
      h("h3", {}, `New (${count(found.new.length)})`),
      list(found.new, (finding, at) => card(finding, data.new_findings[at], report.image), "No finding is new."),
      h("h3", {}, `Fixed (${count(found.fixed.length)})`),
      list(found.fixed, (finding) => card(finding, null), "None was fixed."),
      h("h3", {}, `In both (${count(found.in_both)})`),
      both(report),
    ),
    show() {},
  };
}

function list(rows, make, empty) {
  if (!rows.length) return h("p", { class: "faint" }, empty);
  const items = h("ul", { class: "cards" });
  const more = h("button", { type: "button", onclick: lay });
  const element = h("div", {}, items);
  let laid = 0;
  function lay() {
    const until = Math.min(rows.length, laid + PIECE);
    for (let at = laid; at < until; at += 1) items.append(h("li", {}, make(rows[at], at)));
    laid = until;
    replace(more, `Show more of ${count(rows.length - laid)}`);
    if (laid === rows.length) more.remove();
  }
  lay();
  if (laid < rows.length) element.append(more);
  return element;
}

/** A finding; `index` is its place in the new `image`, null of one that is gone. */
function card(finding, index, image) {
  const gone = index === null;
  const facts = [
    finding.bytes ? `${gone ? "was" : "would save"} ${size(finding.bytes)}` : null,
    finding.layer === null
      ? null
      : gone
        ? `layer ${finding.layer} of the old image`
        : layerLink(finding.layer),
    finding.line === null ? null : `line ${finding.line}`,
    finding.base ? "base image" : null,
    h("code", {}, finding.rule),
  ].filter(Boolean);
  const element = h(
    "article",
    { class: gone ? "fixed" : "came" },
    h(
      "p",
      { class: "title" },
      h(
        "span",
        { class: "sign" },
        gone ? "−" : "+",
        h("span", { class: "unseen" }, gone ? "fixed:" : "new:"),
      ),
      severity(finding.severity),
      " ",
      gone ? h("span", {}, finding.title) : findingLink(index, finding.title),
    ),
    h(
      "p",
      { class: "about faint" },
      facts.map((fact, at) => [at ? " · " : null, fact]),
    ),
  );
  if (!gone && finding.fix) {
    add(element, [
      h(
        "details",
        {},
        h("summary", {}, "Fix"),
        fixParts(image.data.judgement.fixes[index], "fix"),
        finding.trade_off ? h("p", { class: "faint" }, finding.trade_off) : null,
      ),
    ]);
  }
  return element;
}

function both(report) {
  const now = report.image.document.findings ?? [];
  const rows = report.comparison.data.kept_findings.map(([index, old]) => ({
    index,
    old,
    finding: now[index],
  }));
  if (!rows.length) return h("p", { class: "faint" }, "None is in both.");
  const grown = (row) => row.finding.bytes - row.old;
  return table({
    caption: `${counted(rows.length, "finding")} in both images`,
    rows,
    columns: [
      { id: "severity", title: "Severity", cell: (row) => severity(row.finding.severity) },
      {
        id: "title",
        title: "Finding",
        header: true,
        cell: (row) => findingLink(row.index, row.finding.title),
        sort: (row) => row.finding.title,
      },
      {
        id: "old",
        title: "Old bytes",
        number: true,
        first: "down",
        cell: (row) => row.old !== 0 && size(row.old),
        sort: (row) => row.old,
      },
      {
        id: "new",
        title: "New bytes",
        number: true,
        first: "down",
        cell: (row) => row.finding.bytes !== 0 && size(row.finding.bytes),
        sort: (row) => row.finding.bytes,
      },
      {
        id: "change",
        title: "Change",
        number: true,
        first: "down",
        cell: (row) => (grown(row) ? change(grown(row)) : "no change"),
        sort: (row) => Math.abs(grown(row)),
      },
    ],
  }).element;
}
