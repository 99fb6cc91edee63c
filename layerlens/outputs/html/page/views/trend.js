// One image over time: a chart, what moved it from one point to the next, and all figures.

import { chart, marker, NARROW } from "../chart.js";
import { h, named, replace, svg } from "../dom.js";
import { go, hashOf } from "../route.js";
import { change, count, counted, percent, shown, size } from "../shown.js";
import { table } from "../table.js";
import {
  figures, findingsOf, itemsOf, MEASURES, packageWords, ratio, sentence, shortName, stepWords,
} from "../trendwords.js";
import { severity } from "../words.js";

/** Points that a page key passes over. */
const PAGE = 10;

export const trend = {
  id: "trend",
  title: "Trend",
  has: (report) => report.trend !== null,
  count: (report) => report.trend.points.length,
  make: (report) => new TrendView(report.trend),
};

class TrendView {
  constructor(data) {
    this.data = data;
    this.items = itemsOf(data);
    this.measures = MEASURES.filter(
      (measure) =>
        measure.id === "size" ||
        data.points.some((point) => measure.series.some((each) => each.value(point) !== null)),
    );
    this.width = 0;
    this.params = {};
    this.plot = h("div", {
      class: "trend-plot",
      role: "slider",
      tabindex: "0",
      "aria-label": "Point of the trend",
      "aria-valuemin": 1,
      "aria-valuemax": this.items.length,
      onkeydown: (event) => this.press(event),
      onpointermove: (event) => this.hover(event),
      onpointerleave: () => this.point(null),
      onclick: (event) => this.choose(this.placeOf(event)),
      onfocus: () => this.point(this.at),
      onblur: () => this.point(null),
    });
    this.tip = h("div", { class: "trend-tip", hidden: true });
    this.legend = h("ul", { class: "trend-legend" });
    this.detail = h("section", { class: "trend-detail", "aria-label": "The chosen point" });
    this.switches = new Map();
    this.element = h("section", { class: "trend" }, this.parts());
    new ResizeObserver(() => requestAnimationFrame(() => this.draw())).observe(this.plot);
  }

  parts() {
    const { points } = this.data;
    const heading = h("h1", {}, "Trend");
    if (!points.length) {
      return [heading, h("p", {}, "None of the images could be read."), this.twin()];
    }
    return [
      heading,
      h("p", {}, this.summary()),
      this.missing(),
      h(
        "fieldset",
        { class: "trend-measures" },
        h("legend", { class: "unseen" }, "What the chart shows"),
        this.measures.map((measure) => this.switchOf(measure)),
      ),
      h(
        "figure",
        { class: "trend-figure" },
        this.legend,
        h("div", { class: "trend-box" }, this.plot, this.tip),
      ),
      this.detail,
      h("h2", {}, "All points"),
      this.twin(),
    ];
  }

  summary() {
    const { points } = this.data;
    const [first, last] = [points[0], points.at(-1)];
    if (points.length === 1) return `One point: ${first.reference}, ${size(first.size)}.`;
    return (
      `${counted(points.length, "point")}: from ${size(first.size)} (${first.reference}) to ` +
      `${size(last.size)} (${last.reference}), ${change(last.size - first.size)}.`
    );
  }

  missing() {
    const { gaps } = this.data;
    if (!gaps.length) return null;
    return h(
      "div",
      { class: "trend-missing" },
      h("p", {}, `${counted(gaps.length, "image")} could not be read:`),
      h(
        "ul",
        {},
        gaps
          .slice(0, 20)
          .map((gap) => h("li", {}, h("span", { class: "path" }, gap.reference), `: ${gap.problem}`)),
        gaps.length > 20 ? h("li", {}, `and ${count(gaps.length - 20)} more, in the table`) : null,
      ),
    );
  }

  switchOf(measure) {
    const input = h("input", {
      type: "radio",
      name: "trend-measure",
      value: measure.id,
      onchange: () => this.go({ show: measure.id === "size" ? "" : measure.id }),
    });
    this.switches.set(measure.id, input);
    return h("label", {}, input, h("span", {}, measure.title));
  }

  go(change_) {
    go("trend", { ...this.params, ...change_ }, { quietly: true });
  }

  // ----------------------------------------------------------------------------- arriving

  show(params) {
    this.params = params;
    if (!this.data.points.length) return;
    this.measure = this.measures.find((each) => each.id === params.show) ?? this.measures[0];
    this.switches.get(this.measure.id).checked = true;
    const at = /^\d+$/.test(params.at ?? "") ? Number(params.at) : this.firstChoice();
    this.at = Math.min(at, this.items.length - 1);
    this.tell();
    this.drawn = null;
    this.draw();
  }

  /** The point that the largest growth led to, else the last one. */
  firstChoice() {
    const { largest_growth: largest, steps } = this.data;
    const number = largest === null ? this.data.points.length - 1 : steps[largest].after;
    return this.items.findIndex((item) => item.number === number);
  }

  tell() {
    const item = this.items[this.at];
    this.plot.setAttribute("aria-valuenow", this.at + 1);
    this.plot.setAttribute("aria-valuetext", shown(sentence(this.measure, item).slice(0, 500)));
    replace(this.detail, detailOf(item, this.data));
  }

  // ------------------------------------------------------------------------------ drawing

  draw() {
    const width = Math.floor(this.plot.clientWidth);
    if (!width || (width === this.width && this.drawn === this.measure)) return;
    this.width = width;
    this.drawn = this.measure;
    const { measure, items } = this;
    const series = measure.series
      .map((each) => {
        const values = items.map((item) => (item.point ? each.value(item.point) : null));
        const last = values.filter((value) => value !== null).at(-1);
        return { ...each, values, told: last === undefined ? "" : measure.told(last) };
      })
      .filter((each) => each.values.some((value) => value !== null && (value || !each.area)));
    const { largest_growth: largest, steps } = this.data;
    this.chart = chart(width, {
      ...measure,
      series,
      names: items.map((item) => shortName(item.name)),
      dates: items.map((item) => item.date),
      gaps: new Set(items.flatMap((item, at) => (item.point ? [] : [at]))),
      mark: largest === null ? null : items.findIndex((item) => item.number === steps[largest].after),
    });
    this.plot.replaceChildren(this.chart.element);
    replace(this.legend, width < NARROW ? series.map(legendOf) : null);
    this.point(document.activeElement === this.plot ? this.at : null);
  }

  /** Point at a place, or at none: then at the chosen one, without its figures. */
  point(place) {
    this.chart?.point(place ?? this.at);
    this.tip.hidden = place === null;
    if (place === null) return;
    const item = this.items[place];
    const told = item.point ? figures(this.measure, item.point) : ["could not be read"];
    replace(
      this.tip,
      h("strong", { class: "path" }, item.name.slice(0, 80)),
      item.date && h("span", { class: "faint" }, item.date),
      (told.length ? told : ["not known"]).map((each) => h("span", {}, each)),
      item.step && h("span", {}, `${change(item.step.size)} since the one before`),
    );
    const part = this.chart.place(place);
    this.tip.style.setProperty("--at", `${part * 100}%`);
    this.tip.classList.toggle("before", part > 0.5);
  }

  placeOf(event) {
    const box = this.plot.getBoundingClientRect();
    return this.chart.nearest((event.clientX - box.left) / box.width);
  }

  hover(event) {
    if (event.pointerType !== "touch") this.point(this.placeOf(event));
  }

  choose(place) {
    this.go({ at: String(place) });
    this.point(place);
  }

  press(event) {
    const last = this.items.length - 1;
    const to = {
      ArrowLeft: this.at - 1, ArrowDown: this.at - 1, ArrowRight: this.at + 1, ArrowUp: this.at + 1,
      Home: 0, End: last, PageUp: this.at + PAGE, PageDown: this.at - PAGE,
    }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.choose(Math.min(last, Math.max(0, to)));
  }

  // -------------------------------------------------------------------------------- table

  twin() {
    return table({
      columns: columnsOf(this.data, this.items),
      rows: this.items,
      caption: "All points of the trend",
      sorted: { id: "place", down: false },
    }).element;
  }
}

function legendOf(each, at) {
  const sample = svg(
    "svg",
    { class: "chart", viewBox: "0 0 22 12", width: 22, height: 12, "aria-hidden": "true" },
    each.area
      ? [
          svg("rect", { class: `chart-area of-${each.id}`, width: 22, height: 12 }),
          each.pattern && svg("rect", { fill: `url(#chart-${each.pattern})`, width: 22, height: 12 }),
        ]
      : [
          svg("path", { class: `chart-line of-${each.id}`, d: "M0 6h22" }),
          svg("path", { class: `chart-dot of-${each.id}`, d: marker(at, 11, 6) }),
        ],
  );
  return h("li", {}, sample, ` ${each.label} `, h("span", { class: "faint" }, each.told));
}

/** A column of figures; where no point has one there is none. */
function figure(id, title, value, told) {
  return {
    id,
    title,
    number: true,
    first: "down",
    value,
    cell: (item) => {
      const found = item.point && value(item);
      return found === null || found === undefined ? null : told(found);
    },
    sort: (item) => (item.point && value(item)) ?? -Infinity,
  };
}

function columnsOf(data, items) {
  const of = (id, title, key, told = size) => figure(id, title, (item) => item.point[key], told);
  const columns = [
    { id: "place", title: "#", number: true, cell: (item) => item.place + 1, sort: (item) => item.place },
    {
      id: "image",
      title: "Image",
      header: true,
      cell: (item) =>
        h("a", { class: "path", href: hashOf("trend", { at: String(item.place) }) }, item.name),
      sort: (item) => item.name,
    },
    {
      id: "created",
      title: "Created",
      cell: (item) => item.date || item.point?.created,
      sort: (item) => item.point?.created ?? "",
    },
    of("size", "Size", "size"),
    figure("change", "Change", (item) => item.step && item.step.size, change),
    of("transfer", "Transfer", "transfer_bytes"),
    of("live", "Live", "live_bytes"),
    of("dead", "Dead", "dead_bytes"),
    of("removable", "Removable", "removable_bytes"),
    of("efficiency", "Efficiency", "efficiency", ratio),
    of("lean", "Lean score", "lean_score", ratio),
    of("user", "User wasted", "user_wasted_percent", percent),
    of("layers", "Layers", "layers", count),
    of("files", "Files", "file_count", count),
    of("packages", "Packages", "packages", count),
    figure("findings", "Findings", (item) => findingsOf(item.point), count),
    {
      id: "notes",
      title: "Notes",
      cell(item) {
        if (!item.point) return h("div", { class: "trend-problem" }, `could not be read: ${item.problem}`);
        return item.step !== null && item.step.at === data.largest_growth && "the largest growth";
      },
    },
  ];
  // A column in which nothing is known is left out.
  return columns.filter((column) => !column.value || items.some((item) => column.cell(item) !== null));
}

// ------------------------------------------------------------------------------------ detail

function detailOf(item, data) {
  const title = h("h2", {}, h("span", { class: "path" }, item.name));
  if (!item.point) return [title, h("p", {}, `Could not be read: ${item.problem}`)];
  const { step } = item;
  if (!step) {
    return [title, h("p", {}, `${size(item.point.size)}. There is no point before it to compare with.`)];
  }
  const before = data.points[step.before].reference;
  const lists = [
    moves("Layers", step.layers, (move) => [
      `${move.change}: `,
      move.instruction ? h("code", {}, move.instruction) : "a layer",
      move.waste.length > 0 &&
        h(
          "span",
          { class: "faint trend-waste" },
          apart(move.waste.map((each) => `${spoken(each.class)} ${change(each.bytes)}`), ", "),
        ),
    ]),
    moves("Waste by class", step.classes, (move) => `${spoken(move.class)} (${move.kind})`),
    moves("Packages", step.packages, packageWords),
    moves("New findings", step.new_findings, findingWords, someBytes),
    moves("Findings that are gone", step.fixed_findings, findingWords, someBytes),
  ].filter(Boolean);
  return [
    title,
    h("p", {}, "Since ", h("span", { class: "path" }, before), ": ", apart(stepWords(step, data.largest_growth), " · ")),
    lists.length ? h("div", { class: "trend-moves" }, lists) : h("p", {}, "Nothing that is told here moved."),
  ];
}

/** Texts one after the other, none of which is broken over two lines. */
function apart(texts, between) {
  return texts.map((text, at) => [at ? between : null, h("span", { class: "trend-whole" }, text)]);
}

/** A class of bytes in words. */
function spoken(name) {
  return name.replaceAll(/[-_]/g, " ");
}

/** A size; of what has none to speak of nothing. */
function someBytes(bytes) {
  return bytes ? size(bytes) : null;
}

function findingWords(move) {
  return [severity(move.severity), " ", move.title];
}

/** What moved, the largest first; long lists keep their rest folded. */
function moves(title, rows, words, told = change) {
  if (!rows.length) return null;
  const line = (row) =>
    h("li", {}, h("span", { class: "number" }, told(row.bytes)), h("span", {}, words(row)));
  const list = (some) => h("ul", {}, some.map(line));
  const heading = named(h("h3", {}, title), "moves");
  return h(
    "section",
    { "aria-labelledby": heading.id },
    heading,
    list(rows.slice(0, FEW)),
    rows.length > FEW &&
      h("details", {}, h("summary", {}, `${count(rows.length - FEW)} more`), list(rows.slice(FEW))),
  );
}
const FEW = 5;
