// What image this is, its scores, and its size by the meters that people meet.

import { h } from "../dom.js";
import { facts } from "../facts.js";
import { count, counted, percent, share, size } from "../shown.js";

/** The image: what it is called, what it rests on, where it was read from. */
export function imageFacts(document) {
  const { image, layers } = document;
  return facts(
    [
      ["Reference", h("span", { class: "path" }, image.reference)],
      ["Tags", image.tags.length ? listed(image.tags) : "none"],
      ["Platform", image.platform],
      ["Created", image.created && time(image.created)],
      ["Id", image.id && h("code", { class: "path" }, image.id)],
      ["Digest", image.digest && h("code", { class: "path" }, image.digest)],
      ["Base", baseText(document)],
      ["Contents", `${counted(layers.length, "layer")}, ${counted(image.file_count, "file")}`],
      ["Read from", image.source],
    ],
    { class: "facts" },
  );
}

const MOST_TAGS = 8;

function listed(tags) {
  const one = (tag, at) => [at ? ", " : null, h("span", { class: "path" }, tag)];
  const told = tags.slice(0, MOST_TAGS).flatMap(one);
  const left = tags.length - MOST_TAGS;
  return left > 0 ? [told, ` and ${count(left)} more`] : told;
}

function time(text) {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(text);
  return parts ? h("time", { datetime: text }, `${parts[1]} ${parts[2]} UTC`) : text;
}

const HOW_SURE = {
  exact: "layers were compared with those of the base",
  declared: "the builder's own note says so",
  guessed: "the shape of the history suggests it",
};

function baseText({ base, layers }) {
  const below = layers.filter((layer) => layer.base);
  if (!below.length) return layers.length ? "not known: all layers count as yours" : null;
  const last = below[below.length - 1].index;
  const which = below.length === 1 ? `layer ${below[0].index}` : `layers ${below[0].index} to ${last}`;
  return [
    base.name && h("span", { class: "path" }, base.name),
    base.name && ", ",
    `${which}, ${size(base.bytes)}`,
    h(
      "span",
      { class: "faint" },
      ` (${base.boundary}`,
      HOW_SURE[base.boundary] && `: ${HOW_SURE[base.boundary]}`,
      base.rests_on && `; from ${base.rests_on}`,
      ")",
    ),
  ];
}

/** From where on a score is good, or fair. */
const GOOD = 0.95;
const FAIR = 0.8;

/** How good a score is: a word, a sign, and the colour that goes with them. */
function judgement(score) {
  if (score >= GOOD) return { word: "good", sign: "✓", is: "good" };
  return score >= FAIR ? { word: "fair", sign: "!", is: "warning" } : { word: "poor", sign: "✗", is: "bad" };
}

function score({ title, part, whole, value, meaning }) {
  const { word, sign, is } = judgement(value);
  const shares = whole ? share(part, whole) : "100%";
  const width = `${(whole ? part / whole : 1) * 100}%`;
  return h(
    "div",
    { class: "score" },
    h("h3", {}, title),
    h(
      "p",
      { class: "figure" },
      shares,
      " ",
      h("span", { class: `word ${is}` }, h("span", { "aria-hidden": "true" }, sign + " "), word),
    ),
    h("div", { class: "gauge", "aria-hidden": "true" }, h("div", { style: { width } })),
    h("p", { class: "faint" }, meaning),
  );
}

/** Both scores, large, and what they are made of. */
export function scores(document) {
  const figures = document.scores;
  const total = figures.total_bytes;
  const judged = document.findings !== null;
  const lean = h(
    "div",
    { class: "score" },
    h("h3", {}, "Lean score"),
    h("p", { class: "figure" }, "not known"),
    h("p", { class: "faint" }, "Rules did not run, so nobody knows what need not be there."),
  );
  const of = (bytes) => [
    size(bytes),
    h("span", { class: "faint" }, total ? ` ${share(bytes, total)}` : ""),
  ];
  return [
    h(
      "div",
      { class: "scores" },
      score({
        title: "Efficiency",
        part: figures.live_bytes,
        whole: total,
        value: figures.efficiency,
        meaning: "of the bytes that ship are in the final filesystem.",
      }),
      judged
        ? score({
            title: "Lean score",
            part: figures.live_bytes - figures.removable_bytes,
            whole: total,
            value: figures.lean_score,
            meaning: "of the bytes that ship are there and needed: neither dead nor removable.",
          })
        : lean,
    ),
    facts(
      [
        ["Total", size(total)],
        ["Live", of(figures.live_bytes)],
        ["Dead", of(figures.dead_bytes)],
        ["Removable", judged ? of(figures.removable_bytes) : "not known"],
        ["User wasted", percent(figures.user_wasted_percent)],
      ],
      { class: "facts figures" },
    ),
    h("p", { class: "faint dive" }, `A score is good from ${GOOD * 100}%, fair from ${FAIR * 100}%.`),
    h("p", { class: "faint dive" }, `By dive 0.13.1's own measure: ${diveWords(figures.dive)}.`),
  ];
}

/** Dive's three figures; it divides by zero where there are no layers of your own. */
export function diveWords({ efficiency, wasted_bytes: wasted, user_wasted_percent: ratio }) {
  const unknown = wasted ? "infinite" : "not a number";
  return [
    `efficiency ${efficiency === null ? "not a number" : percent(efficiency * 100)}`,
    `wasted ${size(wasted)}`,
    `user wasted ${ratio === null ? unknown : percent(ratio * 100)}`,
  ].join(", ");
}

/** "Which size is which": one image by the meters that people meet. */
export function sizes({ sizes: rows, image }) {
  const lines = rows.map((row) => {
    const each = row.bytes !== null && size(row.bytes + row.repeated_bytes);
    const more = each && each !== size(row.bytes) ? `; ${each} with repeated layers each time` : "";
    return line(
      row.meter,
      row.bytes === null ? "not known" : (row.approximate ? "≈ " : "") + size(row.bytes),
      row.why + more,
    );
  });
  if (image.attestation_bytes) {
    const why = "beside the image; no other figure counts them";
    lines.push(line("attestations", size(image.attestation_bytes), why));
  }
  const caption = "The image's size by each meter";
  const shown = h(
    "table",
    { class: "sizes" },
    h("caption", { class: "unseen" }, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Meter"),
        h("th", { scope: "col", class: "number" }, "Size"),
        h("th", { scope: "col" }, "What it counts"),
      ),
    ),
    h("tbody", {}, lines),
  );
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, shown);
}

function line(meter, figure, why) {
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, meter),
    h("td", { class: "number" }, figure),
    h("td", { class: "faint" }, why),
  );
}

/** What keeps the figures from telling all, one note each. */
export function notices(document) {
  if (document.findings !== null) return null;
  const text = "Rules did not run: there are no findings, and nothing is said to be removable.";
  return h("p", { class: "notice", role: "note" }, text);
}
