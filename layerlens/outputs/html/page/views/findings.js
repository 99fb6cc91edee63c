// All findings: what could be better, what it saves, and the image without what is ticked.

import { add, h, named, replace } from "../dom.js";
import { bytes, findingCard, isPlain } from "../findingcard.js";
import { fixText } from "../fixparts.js";
import { moreButton } from "../more.js";
import { go, parse } from "../route.js";
import { clipped, count, counted, size } from "../shown.js";
import { WhatIf, asText, fromText } from "../whatif.js";
import { WhatIfBar } from "../whatifbar.js";
import { SEVERITIES, severity } from "../words.js";

const ID = "findings";
const PIECE = 100;

const ORDERS = {
  saving: ["by saving", (one, other) => other.bytes - one.bytes || worse(one, other)],
  severity: ["by severity", (one, other) => worse(one, other) || other.bytes - one.bytes],
  layer: ["by layer", (one, other) => layerOf(one) - layerOf(other) || other.bytes - one.bytes],
  rule: ["by rule", (one, other) => compare(one.rule, other.rule) || other.bytes - one.bytes],
};

function worse(one, other) {
  return SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity);
}

function layerOf(finding) {
  return finding.layer ?? Infinity;
}

function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Before a severity in the place where worse ones are not wanted. */
const ONLY = "only-";

/** The choice of one severity; of the worst there is no worse. */
function only(word) {
  return word === SEVERITIES[0] ? word : ONLY + word;
}

const SECURITY = ["secrets", "posture"];

function savesBytes(finding) {
  return finding.bytes > 0 && !SECURITY.includes(finding.topic);
}

/** Of risks bytes say nothing: where the order is by saving, they are in `order`. */
const GROUPS = [
  {
    id: "bytes",
    title: "Bytes to save",
    has: (finding) => !finding.ignored && isPlain(finding) && savesBytes(finding),
  },
  {
    id: "risks",
    title: "Risks and practice",
    has: (finding) => !finding.ignored && isPlain(finding) && !savesBytes(finding),
    order: "severity",
    risks: true,
  },
  {
    id: "perhaps",
    title: "Hints, trade-offs and alternatives",
    has: (finding) => !finding.ignored && !isPlain(finding),
  },
  { id: "ignored", title: "Ignored by the settings", has: (finding) => finding.ignored, folded: true },
];

export const findings = {
  id: ID,
  title: "Findings",
  has: (report) => report.image !== null,
  count: (report) => (report.image.document.findings ?? []).filter(counts).length || null,
  make: (report) => (report.image.document.findings === null ? notRun() : new FindingsView(report)),
};

/** Whether a finding is worth a number in the navigation. */
export function counts(finding) {
  return !finding.ignored && finding.severity !== "info";
}

/** [severity, number] of findings that are not ignored, the worst first. */
export function bySeverity(findings) {
  const found = new Map(SEVERITIES.map((word) => [word, 0]));
  for (const { severity, ignored } of findings) {
    if (!ignored) found.set(severity, found.get(severity) + 1);
  }
  return Array.from(found).filter(([, number]) => number);
}

/** A control below its label. */
function field(label, control) {
  named(control, "choose");
  return h("div", { class: "finding-field" }, h("label", { for: control.id }, label), control);
}

/** Where a fix belongs, for who reads it beside the Dockerfile. */
function placeOf({ layer, line, instruction }) {
  if (layer === null && line === null) return "";
  const where = line === null ? `layer ${layer}` : `line ${line} of the Dockerfile`;
  return `, ${where}${instruction ? `: ${clipped(instruction, 100)}` : ""}`;
}

function notRun() {
  return {
    element: h(
      "section",
      {},
      h("h1", {}, "Findings"),
      h("p", {}, "The rules did not run for this report, so it has no findings."),
    ),
    show() {},
  };
}

class FindingsView {
  constructor(report) {
    this.image = report.image;
    this.findings = report.image.document.findings;
    this.whatIf = new WhatIf(report.image.data.judgement.what_if, report.image.document.scores);
    this.largest = Math.max(0, ...this.findings.map((finding) => finding.bytes));
    this.cards = new Map();
    this.ticked = new Set();
    this.choices = {};
    this.arrived = null;
    this.texts = new Map();
    if (this.whatIf.speaking.size) {
      this.bar = new WhatIfBar(this.image.document, this.whatIf, {
        ontick: (ticked) => this.tick(ticked),
        fixes: () => this.fixes(),
      });
    }
    this.makeElement();
    window.addEventListener("hashchange", () => {
      // Who comes back from elsewhere is led to the finding again.
      if (parse(location.hash).view !== ID) this.arrived = null;
    });
    window.addEventListener("beforeprint", () => this.cards.forEach((card) => card.make()));
  }

  // ------------------------------------------------------------------- the element

  makeElement() {
    this.lists = h("div", { class: "finding-lists" });
    this.shown = h("p", { class: "finding-count", role: "status" });
    this.expand = h("button", { type: "button", onclick: () => this.expandAll() });
    this.element = h("section", { class: "findings" }, h("h1", {}, "Findings"), this.summary());
    if (!this.findings.length) {
      add(this.element, [h("p", {}, "The rules found nothing to say about this image.")]);
      return;
    }
    add(this.element, [
      this.filters(),
      h("div", { class: "finding-status" }, this.shown, this.expand),
      this.lists,
      this.bar?.element,
    ]);
  }

  /** How many there are of each severity: each number is a switch that leaves these alone. */
  summary() {
    const ignored = this.findings.filter((finding) => finding.ignored).length;
    this.only = new Map(
      bySeverity(this.findings).map(([word, number]) => {
        const press = () => this.choose({ severity: this.choices.severity === only(word) ? "" : only(word) });
        return [word, h("button", { type: "button", onclick: press }, count(number), " ", severity(word))];
      }),
    );
    if (!this.findings.length) return null;
    return h(
      "div",
      { class: "severity-counts", role: "group", "aria-label": "Only one severity" },
      Array.from(this.only.values()),
      ignored ? h("span", { class: "faint" }, `${count(ignored)} ignored`) : null,
    );
  }

  filters() {
    const choice = (name, label, options) => {
      const options_ = options.map(([value, text]) => h("option", { value }, text));
      const select = h("select", { onchange: () => this.choose({ [name]: select.value }) }, options_);
      this.controls[name] = select;
      return field(label, select);
    };
    const has = (pick) => Array.from(new Set(this.findings.map(pick)));
    const layers = has((finding) => finding.layer).filter((layer) => layer !== null);
    layers.sort((a, b) => a - b);
    const topics = has((finding) => finding.topic).sort();
    this.controls = {};
    const search = h("input", {
      type: "search",
      oninput: () => this.choose({ q: search.value }, { quietly: true }),
    });
    this.controls.q = search;
    const plain = h("input", {
      type: "checkbox",
      onchange: () => this.choose({ plain: plain.checked ? "1" : "" }),
    });
    this.controls.plain = plain;
    return h(
      "form",
      {
        class: "finding-filters",
        role: "search",
        "aria-label": "Findings",
        onsubmit: (event) => event.preventDefault(),
      },
      h("div", { class: "finding-search" }, field("Search", search)),
      choice("order", "Order", Object.entries(ORDERS).map(([id, [text]]) => [id, text])),
      choice("severity", "Severity", [
        ["", "any"],
        ...SEVERITIES.slice(0, -1).map((word, at) => [word, at ? `${word} or worse` : word]),
        ...SEVERITIES.slice(1).map((word) => [only(word), `only ${word}`]),
      ]),
      choice("topic", "Topic", [["", "any"], ...topics.map((topic) => [topic, topic])]),
      choice("layer", "Layer", [["", "any"], ...layers.map((at) => [String(at), this.layerTitle(at)])]),
      choice("whose", "From", [
        ["", "base and yours"],
        ["yours", "your layers"],
        ["base", "the base"],
      ]),
      h("label", { class: "finding-check" }, plain, h("span", {}, "Hide hints and alternatives")),
    );
  }

  layerTitle(index) {
    return `${index}: ${this.image.layer(index).instruction.slice(0, 40) || "no instruction"}`;
  }

  // --------------------------------------------------------------------- the place

  /**
   * A place that this view wrote has an order; any other came by a link, which says only
   * what it wants: the rest stays as it was, and goes into the place.
   */
  show(params) {
    const own = ORDERS[params.order] !== undefined;
    if (!own) this.arrived = null;
    const given = own ? params : { ...this.choices, ...params };
    const order = ORDERS[given.order] ? given.order : "saving";
    const at = this.findings[Number(given.at)] && /^\d+$/.test(given.at) ? Number(given.at) : null;
    const { q, severity, topic, layer, whose, plain, tick } = given;
    this.choices = { order, q, severity, topic, layer, whose, plain, tick };
    if (at !== null && !this.chosen(at)) this.choices = { order, tick };
    this.ticked = fromText(tick ?? "", this.whatIf.speaking);
    if (!this.findings.length) return;
    for (const [name, control] of Object.entries(this.controls)) {
      if (name === "plain") control.checked = Boolean(this.choices.plain);
      else if (control.value !== (this.choices[name] ?? "")) {
        control.value = this.choices[name] ?? "";
        // A link may name what is not to be had.
        if (control.selectedIndex < 0) control.selectedIndex = 0;
      }
    }
    for (const [word, button] of this.only) {
      button.setAttribute("aria-pressed", String(this.choices.severity === only(word)));
    }
    this.draw(at);
    this.drawTicks();
    if (at !== null && at !== this.arrived) this.arriveAt(at);
    this.arrived = at;
    if (!own) this.go({ at });
  }

  go({ at = this.arrived, quietly = true } = {}) {
    const tick = asText(this.ticked);
    const place = { at: at === null ? undefined : String(at), ...this.choices, tick: tick || undefined };
    this.choices.tick = place.tick;
    go(ID, place, { quietly });
  }

  choose(some, { quietly = false } = {}) {
    this.choices = { ...this.choices, ...some };
    this.go({ at: null, quietly });
  }

  arriveAt(index) {
    const card = this.card(index);
    card.toggle(true);
    const fold = card.element.closest("details");
    if (fold) fold.open = true;
    card.element.scrollIntoView({ block: "start" });
    card.focus();
    this.drawExpand();
  }

  // --------------------------------------------------------------------- the lists

  /** Whether the filters let a finding through. */
  chosen(index) {
    const finding = this.findings[index];
    const { q, severity, topic, layer, whose, plain } = this.choices;
    const alone = severity?.startsWith(ONLY) ? severity.slice(ONLY.length) : null;
    const most = SEVERITIES.indexOf(severity);
    return (
      (most < 0 || SEVERITIES.indexOf(finding.severity) <= most) &&
      (!SEVERITIES.includes(alone) || finding.severity === alone) &&
      (!topic || finding.topic === topic) &&
      (!layer || String(finding.layer) === layer) &&
      (whose !== "base" || finding.base) &&
      (whose !== "yours" || !finding.base) &&
      (!plain || isPlain(finding)) &&
      (!q || this.text(index).includes(q.toLowerCase()))
    );
  }

  /** What a finding is searched by, in lower case. */
  text(index) {
    let found = this.texts.get(index);
    if (found === undefined) {
      const finding = this.findings[index];
      const { title, rule, also, instruction, evidence, paths } = finding;
      const parts = [title, rule, finding.severity, ...also, instruction ?? "", ...evidence];
      for (const path of paths) parts.push("/" + path.slice(-1000));
      found = parts.map((part) => part.slice(0, 2000)).join("\n").toLowerCase();
      this.texts.set(index, found);
    }
    return found;
  }

  card(index) {
    let card = this.cards.get(index);
    if (!card) {
      const finding = this.findings[index];
      const tick = this.whatIf.speaking.has(index)
        ? h("input", {
            type: "checkbox",
            "aria-label": `Without: ${clipped(finding.title, 200)}`,
            onchange: (event) => this.tickOne(index, event.target.checked),
          })
        : null;
      card = findingCard(this.image, index, {
        largest: this.largest,
        tick,
        prefix: "finding",
        onopen: (at, open) => {
          this.arrived = open ? at : null;
          this.drawExpand();
          this.go();
        },
      });
      card.tick = tick;
      this.cards.set(index, card);
    }
    return card;
  }

  /** Lay out what the filters leave; `at` is a finding that must be among them. */
  draw(at) {
    const { q, severity, topic, layer, whose, plain, order } = this.choices;
    const key = JSON.stringify([q, severity, topic, layer, whose, plain, order]);
    if (key === this.drawn) {
      if (at !== null) this.layUntil(at);
      return;
    }
    this.drawn = key;
    const chosen = Array.from(this.findings.keys()).filter((index) => this.chosen(index));
    this.groups = GROUPS.map((group) => ({
      ...group,
      rows: this.sorted(
        chosen.filter((index) => group.has(this.findings[index])),
        order === "saving" ? (group.order ?? order) : order,
      ),
      list: h("ol", { class: "finding-list" }),
      more: h("p", {}),
      laid: 0,
    })).filter((group) => group.rows.length);
    replace(this.lists, this.groups.map((group) => this.groupElement(group)));
    for (const group of this.groups) this.lay(group, PIECE);
    if (at !== null) this.layUntil(at);
    const every = this.findings.length;
    const of = chosen.length === every ? "" : `${count(chosen.length)} of `;
    replace(this.shown, of + counted(every, "finding"));
    this.drawExpand();
  }

  sorted(rows, order) {
    const sort = ORDERS[order][1];
    return rows.sort((a, b) => sort(this.findings[a], this.findings[b]) || a - b);
  }

  groupElement(group) {
    const speak = group.rows.filter((index) => this.whatIf.speaking.has(index));
    // What the files of risks take is not why they are mended.
    const { saved } = this.whatIf.of(new Set(group.risks ? [] : speak));
    const note = [counted(group.rows.length, "finding"), saved ? [", together ", bytes(saved)] : null];
    const title = [group.title, " ", h("small", { class: "faint" }, note)];
    if (group.folded) {
      const head = h("summary", {}, h("h2", {}, title));
      return h("details", { class: "finding-group" }, head, group.list, group.more);
    }
    return h("section", { class: "finding-group" }, h("h2", {}, title), group.list, group.more);
  }

  lay(group, some) {
    const had = group.laid;
    const until = Math.min(group.rows.length, had + some);
    for (const index of group.rows.slice(had, until)) group.list.append(this.card(index).element);
    group.laid = until;
    const left = group.rows.length - until;
    const onclick = () => {
      this.lay(group, PIECE);
      this.card(group.rows[until]).focus();
    };
    replace(group.more, left ? moreButton(PIECE, left, { onclick }) : null);
  }

  layUntil(index) {
    for (const group of this.groups) {
      const place = group.rows.indexOf(index);
      if (place >= group.laid) this.lay(group, place + 1 - group.laid);
    }
  }

  laidCards() {
    const laid = this.groups.flatMap((group) => group.rows.slice(0, group.laid));
    return laid.map((index) => this.card(index));
  }

  expandAll() {
    const cards = this.laidCards();
    const open = !cards.some((card) => card.isOpen());
    for (const card of cards) card.toggle(open);
    this.drawExpand();
  }

  drawExpand() {
    const cards = this.laidCards();
    this.expand.hidden = !cards.length;
    this.expand.textContent = cards.some((card) => card.isOpen()) ? "Close all" : "Open all";
  }

  // ----------------------------------------------------------------------- what-if

  tickOne(index, on) {
    const ticked = new Set(this.ticked);
    if (on) ticked.add(index);
    else ticked.delete(index);
    this.tick(ticked);
  }

  tick(ticked) {
    this.ticked = ticked;
    this.go();
    this.drawTicks(true);
  }

  drawTicks(said = false) {
    for (const [index, card] of this.cards) if (card.tick) card.tick.checked = this.ticked.has(index);
    this.bar?.show(this.ticked, said);
  }

  /** All ticked fixes as one text, each once, below all that it mends. */
  fixes() {
    const found = new Map();
    for (const index of this.sorted(Array.from(this.ticked), "saving")) {
      const finding = this.findings[index];
      if (!finding.fix) continue;
      const fix = found.get(finding.fix) ?? { heads: [], parts: this.image.data.judgement.fixes[index] };
      fix.heads.push(`${finding.title} (${size(finding.bytes)})${placeOf(finding)}`);
      found.set(finding.fix, fix);
    }
    return fixText(Array.from(found.values()));
  }
}
