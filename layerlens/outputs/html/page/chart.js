// A chart of lines and of areas that lie on each other, drawn for a given width.
//
// Series are told apart by colour, by dash or pattern, by marker, and by their names at
// the right; what has no figure is left as a gap.

import { svg } from "./dom.js";

const TOP = 14;
const BOTTOM = 44;
const LINE = 16;
/** Widths in pixels: of a label of the axis below, of the names at the right, of a lone bar. */
const LABEL = 92;
const NAMES = 150;
const BAR = 22;
/** Pixels of a letter of an axis, on average. */
const LETTER = 7.4;
/** Narrower than this there is no room for names at the right; a legend tells them. */
export const NARROW = 620;
/** Points closer than this have no markers. */
const CROWDED = 9;

/**
 * Draw.
 *
 * `series`: {id, label, values (numbers or null), area (lies on those before it), told
 * (what stands beside its name)}.  `names` and `dates` label the points, `tick(value)` the
 * axis; `fit` begins that where the smallest value needs it rather than at zero, `most` is
 * where it ends at the latest, `whole` keeps it to whole numbers.  `gaps` are the places of
 * points that are unknown altogether, `mark` that of one to point at.
 *
 * Gives {element, point(place), nearest(x)}: `point` moves the line that marks a place.
 */
export function chart(width, { series, names, dates, tick, fit, most, whole, gaps, mark }) {
  const height = Math.round(Math.min(440, Math.max(230, width * 0.36)));
  const narrow = width < NARROW;
  const stacks = stacked(series);
  const axis = scale(stacks, { fit, most, whole, rows: Math.floor((height - TOP - BOTTOM) / 56) });
  const texts = axis.ticks.map(tick);
  const left = 14 + LETTER * Math.max(...texts.map((text) => text.length));
  const right = width - (narrow ? 14 : NAMES);
  const floor = height - BOTTOM;
  const count = names.length;
  const inset = Math.min(40, (right - left) / (2 * count));
  const room = right - left - 2 * inset;
  const x = (place) =>
    tenth(count === 1 ? (left + right) / 2 : left + inset + (room * place) / (count - 1));
  const y = (value) => tenth(floor - ((floor - TOP) * (value - axis.low)) / (axis.high - axis.low));
  const pointer = svg("line", { class: "chart-pointer", y1: TOP, y2: floor, visibility: "hidden" });
  const crowded = count > 1 && x(1) - x(0) < CROWDED;
  const element = svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    patterns(),
    axis.ticks.map((value, at) => [
      svg("line", { class: "chart-rule", x1: left, x2: right, y1: y(value), y2: y(value) }),
      svg("text", { class: "chart-tick", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, texts[at]),
    ]),
    stacks.filter((each) => each.area).map((each) => areaOf(each, x, y)),
    pointer,
    Array.from(gaps, (place) =>
      svg("text", { class: "chart-gap", x: x(place), y: floor - 8, "text-anchor": "middle" }, "?"),
    ),
    stacks.map((each, at) => lineOf(each, at, x, y, crowded)),
    xLabels(names, dates, x, floor, width),
    mark === null
      ? null
      : svg("path", { class: "chart-mark", d: `M${x(mark)} ${floor + 2}l5 8h-10z` }),
    narrow ? null : endNames(stacks, x, y, right, floor),
  );
  return {
    element,
    place: (place) => x(place) / width,
    point(place) {
      if (place === null) pointer.setAttribute("visibility", "hidden");
      else {
        pointer.setAttribute("visibility", "visible");
        pointer.setAttribute("x1", x(place));
        pointer.setAttribute("x2", x(place));
      }
    },
    nearest(part) {
      const step = count === 1 ? 1 : x(1) - x(0);
      return Math.min(count - 1, Math.max(0, Math.round((part * width - x(0)) / step)));
    },
  };
}

/** Of a pixel: finer than that nobody sees. */
function tenth(value) {
  return Math.round(value * 10) / 10;
}

/** The series with `low` and `high` of each point; areas lie on the areas before them. */
function stacked(series) {
  const under = [];
  return series.map((each) => {
    const low = each.values.map((value, at) => (each.area && value !== null ? (under[at] ?? 0) : 0));
    const high = each.values.map((value, at) => (value === null ? null : low[at] + value));
    if (each.area) high.forEach((value, at) => (under[at] = value ?? under[at]));
    return { ...each, low, high };
  });
}

/** Round numbers for an axis: {low, high, ticks}. */
function scale(stacks, { fit, most = Infinity, whole, rows }) {
  const known = stacks.flatMap((each) => each.high).filter((value) => value !== null);
  const top = Math.max(...known, 0);
  const bottom = fit ? Math.min(...known) : 0;
  let step = roundStep((top - bottom || top || 1) / Math.max(2, Math.min(6, rows)));
  if (whole) step = Math.max(1, Math.ceil(step));
  const low = Math.floor(bottom / step) * step;
  const steps = Math.max(1, Math.ceil((Math.min(top, most) - low) / step - 1e-9));
  const ticks = Array.from({ length: steps + 1 }, (_, at) => low + at * step);
  return { low, high: ticks.at(-1), ticks };
}

function roundStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].find((each) => each * power >= raw * (1 - 1e-9)) * power;
}

/** Runs of places that have values, as [from, until). */
function runs(values) {
  const found = [];
  let from = -1;
  for (let at = 0; at <= values.length; at += 1) {
    const known = at < values.length && values[at] !== null;
    if (known && from < 0) from = at;
    if (!known && from >= 0) {
      found.push([from, at]);
      from = -1;
    }
  }
  return found;
}

function areaOf(each, x, y) {
  const outlines = runs(each.high).map(([from, until]) => {
    if (until - from === 1) {
      const middle = x(from);
      const [top, foot] = [y(each.high[from]), y(each.low[from])];
      return `M${middle - BAR / 2} ${top}h${BAR}V${foot}h${-BAR}z`;
    }
    const places = Array.from({ length: until - from }, (_, at) => from + at);
    const over = places.map((at) => `${x(at)} ${y(each.high[at])}`);
    const back = places.reverse().map((at) => `${x(at)} ${y(each.low[at])}`);
    return `M${over.join("L")}L${back.join("L")}z`;
  });
  const d = outlines.join("");
  return [
    svg("path", { class: `chart-area of-${each.id}`, d }),
    each.pattern && svg("path", { fill: `url(#chart-${each.pattern})`, d }),
  ];
}

function lineOf(each, at, x, y, crowded) {
  const found = runs(each.high);
  const d = found
    .map(([from, until]) => {
      const places = Array.from({ length: until - from }, (_, k) => from + k);
      return "M" + places.map((place) => `${x(place)} ${y(each.high[place])}`).join("L");
    })
    .join("");
  const lone = new Set(found.filter(([from, until]) => until - from === 1).map(([from]) => from));
  const markers = each.high.map((value, place) =>
    value !== null && !each.area && (!crowded || lone.has(place))
      ? svg("path", { class: `chart-dot of-${each.id}`, d: marker(at, x(place), y(value)) })
      : null,
  );
  return [svg("path", { class: `chart-line of-${each.id}${each.area ? " edge" : ""}`, d }), markers];
}

/** A circle, a square, a diamond or a triangle. */
export function marker(kind, x, y) {
  return [
    `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z`,
    `M${x - 3.5} ${y - 3.5}h7v7h-7z`,
    `M${x} ${y - 5}l5 5l-5 5l-5 -5z`,
    `M${x} ${y - 4.5}l4.5 8h-9z`,
  ][kind % 4];
}

function patterns() {
  const shape = (id, size, d) =>
    svg(
      "pattern",
      { id: `chart-${id}`, width: size, height: size, patternUnits: "userSpaceOnUse" },
      svg("path", { class: "chart-pattern", d }),
    );
  return svg(
    "defs",
    {},
    shape("stripes", 7, "M-1 1l2 -2M0 7l7 -7M6 8l2 -2"),
    shape("dots", 8, "M1.5 1.5h1v1h-1zM5.5 5.5h1v1h-1z"),
  );
}

/** Names and dates below, as many as have room, the first and the last among them. */
function xLabels(names, dates, x, floor, width) {
  const last = names.length - 1;
  const step = last ? Math.max(1, Math.ceil(LABEL / (x(1) - x(0)))) : 1;
  const shown = [];
  for (let place = 0; place <= last; place += step) shown.push(place);
  if (shown.at(-1) !== last) {
    if (x(last) - x(shown.at(-1)) < LABEL) shown.pop();
    shown.push(last);
  }
  // As long as their neighbours and the edges let them be.
  const apart = shown.length > 1 ? x(shown[1]) - x(shown[0]) : width;
  const room = Math.max(LABEL, Math.min(apart, 2 * x(0), 2 * (width - x(last))));
  return shown.map((place) => {
    const middle = Math.min(width - LABEL / 2, Math.max(LABEL / 2, x(place)));
    const text = (down, what) =>
      svg("text", { class: "chart-tick", x: middle, y: floor + down, "text-anchor": "middle" }, what);
    return [text(21, shortened(names[place], Math.floor(room / LETTER) - 1)), dates[place] && text(36, dates[place])];
  });
}

/** A text of some letters at most. */
function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Each series' name beside its last value, moved apart where they would touch. */
function endNames(stacks, x, y, right, floor) {
  const labels = stacks
    .map((each) => {
      const at = each.high.findLastIndex((value) => value !== null);
      const middle = each.area ? (each.high[at] + each.low[at]) / 2 : each.high[at];
      return { each, y: y(middle), text: each.label };
    })
    .sort((a, b) => a.y - b.y);
  const room = 2 * LINE + 2;
  labels.forEach((label, at) => {
    if (at) label.y = Math.max(label.y, labels[at - 1].y + room);
  });
  let under = floor + LINE;
  for (const label of [...labels].reverse()) {
    label.y = Math.min(label.y, under - room / 2);
    under = label.y - room / 2;
  }
  return labels.map(({ each, y: middle, text }) => [
    svg("rect", { class: `chart-key of-${each.id}`, x: right + 10, y: middle - 9, width: 5, height: 24 }),
    svg("text", { class: "chart-name", x: right + 21, y: middle + 1 }, text),
    svg("text", { class: "chart-tick", x: right + 21, y: middle + 1 + LINE - 2 }, each.told),
  ]);
}
