// What the gate said, in the words of the text summary.

import { add, h } from "../dom.js";
import { layerLink } from "../links.js";
import { count, size } from "../shown.js";
import { diveWords } from "./facts.js";

/** An outcome with its sign; whatever dive says beside these is a failure. */
const SIGNS = { pass: "✓", warn: "!", skip: "–" };
const COLOURS = { pass: "good", warn: "warning", skip: "faint" };
const ORDER = ["fail", "warn", "pass", "skip"];
const MOST_OFFENDERS = 5;
/** Characters of a status that dive may come up with. */
const MOST_STATUS = 40;

function outcome(word) {
  return h(
    "span",
    { class: `outcome ${COLOURS[word] ?? "bad"}` },
    h("span", { "aria-hidden": "true" }, (SIGNS[word] ?? "✗") + " "),
    word === "pass" ? word : word.slice(0, MOST_STATUS).toUpperCase(),
  );
}

/** The verdict in one line; `details` is where its tables are. */
export function banner(verdict, words, details) {
  return h(
    "div",
    { class: `verdict ${verdict.outcome}` },
    h("p", { class: "word" }, outcome(verdict.outcome)),
    h("p", {}, words.ending),
    details &&
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            details.scrollIntoView({ block: "start" });
            details.focus({ preventScroll: true });
          },
        },
        "What was judged",
      ),
  );
}

/** All that was judged, the worst first; null where nothing is to be told. */
export function judged(verdict, words, scores) {
  const rows = verdict.gates
    .map((gate, at) => ({ gate, said: words.gates[at] }))
    .sort((a, b) => ORDER.indexOf(a.gate.outcome) - ORDER.indexOf(b.gate.outcome));
  const remarks = [
    words.baseline && ["compared with the baseline ", words.baseline],
    ...verdict.notes,
  ].filter(Boolean);
  if (!rows.length && !verdict.dive && !verdict.ignores.length && !remarks.length) return null;
  return h(
    "section",
    { class: "judged" },
    h("h2", { tabindex: "-1" }, "What the gate judged"),
    rows.length > 0 &&
      tableOf(
        "Gates",
        ["Outcome", "Gate", "Measured", "Limit", "From", "In words"],
        rows.map(({ gate, said }) => [
          outcome(gate.outcome),
          said.title,
          [said.measured, gate.baseline !== null && h("span", { class: "faint" }, ` (was ${figure(gate)})`)],
          said.limit,
          gate.origin,
          gate.outcome === "pass" ? null : gate.message,
        ]),
      ),
    verdict.dive && dive(verdict.dive, scores.dive),
    offences(rows, verdict.dive),
    verdict.ignores.length > 0 && [
      h("h3", {}, "Ignored"),
      h(
        "ul",
        {},
        verdict.ignores.map((each, at) => {
          const idle = each.expired || !each.used;
          return h("li", {}, idle && [outcome(verdict.strict ? "fail" : "warn"), " "], words.ignores[at]);
        }),
      ),
    ],
    remarks.length > 0 && [
      h("h3", {}, "Notes"),
      h("ul", {}, remarks.map((remark) => h("li", {}, remark))),
    ],
  );
}

/** The baseline's figure, in the gate's unit. */
function figure({ baseline, unit }) {
  if (unit === "bytes") return size(baseline);
  if (unit === "share") return `${(baseline * 100).toFixed(2)}%`;
  if (unit === "yes-no") return baseline ? "yes" : "no";
  return count(baseline);
}

function tableOf(caption, heads, rows) {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h(
        "tbody",
        {},
        rows.map(([first, name, ...cells]) =>
          h(
            "tr",
            {},
            h("td", {}, first),
            h("th", { scope: "row" }, name),
            cells.map((cell) => h("td", {}, cell)),
          ),
        ),
      ),
    ),
  );
}

function dive(verdict, figures) {
  return [
    h("h3", {}, "By dive 0.13.1's rules"),
    h("p", { class: "faint" }, `Its own figures: ${diveWords(figures)}.`),
    verdict.rules.length > 0 &&
      tableOf(
        "Dive's rules",
        ["Outcome", "Rule", "Limit", "From", "In words"],
        verdict.rules.map((rule) => [outcome(rule.status), rule.rule, rule.limit, rule.origin, rule.message]),
      ),
  ];
}

/** What costs the gates most that were not kept. */
function offences(rows, diveVerdict) {
  const blamed = rows
    .filter(({ gate }) => gate.offenders.length && ["fail", "warn"].includes(gate.outcome))
    .map(({ gate, said }) => ({ name: said.title, offenders: gate.offenders }));
  if (diveVerdict?.offenders.length) blamed.push({ name: "dive's rules", offenders: diveVerdict.offenders });
  if (!blamed.length) return null;
  return [
    h("h3", {}, "What offends"),
    h(
      "dl",
      { class: "offences" },
      blamed.map(({ name, offenders }) => {
        const left = offenders.length - MOST_OFFENDERS;
        return [
          h("dt", {}, name),
          offenders.slice(0, MOST_OFFENDERS).map((each) => h("dd", {}, offender(each))),
          left > 0 && h("dd", { class: "faint" }, `… and ${count(left)} more`),
        ];
      }),
    ),
  ];
}

function offender({ bytes, what, layer, line, instruction }) {
  const places = [];
  const is = layer !== null && what === `layer ${layer}`;
  if (line !== null) places.push(`line ${count(line)}`);
  if (layer !== null && !is) places.push(layerLink(layer));
  const found = h(
    "span",
    {},
    bytes > 0 && [h("strong", {}, size(bytes)), " "],
    is ? layerLink(layer) : what,
  );
  places.forEach((place, at) => add(found, [at ? ", " : " · ", place]));
  if (instruction) add(found, [": ", h("code", {}, instruction.slice(0, 300))]);
  return found;
}
