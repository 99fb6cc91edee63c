// The menu of what can be saved out of the report.

import { h, named } from "../dom.js";
import { count } from "../shown.js";
import { csv } from "./csv.js";
import { jsonText, wholeComparison, wholeDocument } from "./document.js";
import { FILE_HEADS, fileRows } from "./files.js";
import { fileName, save } from "./save.js";
import { changesTable, findingsTable, layersTable, packagesTable, pointsTable, wasteTable } from "./tables.js";
import { FINAL } from "../tree.js";

const JSON_TYPE = "application/json";
const CSV_TYPE = "text/csv";

/** The button and what it opens; null where a report has nothing to save. */
export function exportMenu(report) {
  const said = h("p", { class: "unseen", role: "status" });
  const keep = (suffix, type, make) => {
    const name = fileName(report) + suffix;
    save(name, type, make());
    said.textContent = `${name} saved`;
  };
  if (!report.image && !report.trend) return null;
  const panel = named(h("div", { class: "export-panel", hidden: true }), "export");
  const button = h(
    "button",
    {
      type: "button",
      "aria-expanded": "false",
      "aria-controls": panel.id,
      onclick: () => open(panel.hidden),
    },
    "Export",
  );
  const element = h(
    "div",
    {
      class: "export",
      onkeydown: (event) => {
        if (event.key !== "Escape" || panel.hidden) return;
        event.stopPropagation();
        open(false);
        button.focus();
      },
      onfocusout: (event) => {
        if (event.relatedTarget && !element.contains(event.relatedTarget)) open(false);
      },
    },
    button,
    panel,
    said,
  );

  function open(yes) {
    // What is in it needs the tree, which nobody waits for at the start.
    if (yes && !panel.firstChild) panel.append(...itemsOf(report, keep));
    panel.hidden = !yes;
    button.setAttribute("aria-expanded", String(yes));
  }

  document.addEventListener("click", (event) => {
    if (!element.contains(event.target)) open(false);
  });
  return element;
}

function itemsOf(report, keep) {
  return [
    ...(report.trend ? trendItems(report.trend, keep) : []),
    ...(report.comparison ? comparisonItems(report.comparison, keep) : []),
    ...(report.image ? imageItems(report.image, keep) : []),
  ];
}

function trendItems(trend, keep) {
  return [
    item("Trend as JSON", ".json", () => keep(".json", JSON_TYPE, () => [jsonText(trend)])),
    item("Points", ".csv", () => keep(".csv", CSV_TYPE, () => tableText(pointsTable(trend)))),
  ];
}

function comparisonItems(comparison, keep) {
  const { folded } = comparison.data;
  return [
    item("Comparison as JSON", ".compare.json", () =>
      keep(".compare.json", JSON_TYPE, () => [jsonText(wholeComparison(comparison))]),
    ),
    item("Changes", ".changes.csv", () =>
      keep(".changes.csv", CSV_TYPE, () => tableText(changesTable(comparison))),
    ),
    folded &&
      h(
        "p",
        { class: "faint" },
        `Incomplete: ${count(folded.paths)} small changes were folded together when this report was written.`,
      ),
  ].filter(Boolean);
}

function imageItems(image, keep) {
  const table = (label, suffix, make) =>
    item(label, suffix, () => keep(suffix, CSV_TYPE, () => tableText(make(image))));
  const { folded } = image.tree;
  return [
    item("Analysis as JSON", ".json", () =>
      keep(".json", JSON_TYPE, () => [jsonText(wholeDocument(image), image.data.exact)]),
    ),
    table("Layers", ".layers.csv", layersTable),
    image.document.findings !== null && table("Findings", ".findings.csv", findingsTable),
    image.data.packages.looked && table("Packages", ".packages.csv", packagesTable),
    table("Waste", ".waste.csv", wasteTable),
    files(image, keep),
    folded.size > 0 &&
      h(
        "p",
        { class: "faint" },
        `Incomplete: ${count(sum(folded.values()))} small files were folded together when this report ` +
          "was written. They are not in files, in waste, nor in the lists of the JSON.",
      ),
  ].filter(Boolean);
}

function tableText({ heads, rows }) {
  return csv(heads, rows);
}

function item(label, suffix, onclick) {
  return h("button", { type: "button", onclick }, label, " ", h("span", { class: "faint" }, suffix));
}

/** The files of a scope that the reader chooses. */
function files(image, keep) {
  const scope = h(
    "select",
    {},
    h("option", { value: FINAL }, "final filesystem"),
    image.document.layers.map((layer) =>
      h("option", { value: layer.index }, `layer ${layer.index}: ${layer.instruction.slice(0, 60)}`),
    ),
  );
  const write = () => {
    const of = scope.value === FINAL ? FINAL : Number(scope.value);
    const suffix = of === FINAL ? ".files.csv" : `.layer-${of}.csv`;
    keep(suffix, CSV_TYPE, () => csv(FILE_HEADS, fileRows(image.tree, of)));
  };
  return h(
    "div",
    { class: "export-files" },
    item("Files", ".csv", write),
    h("label", {}, h("span", { class: "unseen" }, "Files of "), scope),
  );
}

function sum(numbers) {
  let found = 0;
  for (const each of numbers) found += each;
  return found;
}
