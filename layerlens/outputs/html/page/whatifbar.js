// The bar that says what the image would be without what is ticked.

import { h, replace } from "./dom.js";
import { copyButton } from "./facts.js";
import { bytes } from "./findingcard.js";
import { count, counted, share, size } from "./shown.js";

/**
 * The bar of a `WhatIf`.  `ontick(ticked)` is told what its buttons want ticked, and
 * `fixes()` gives the text that is copied.
 */
export class WhatIfBar {
  constructor(document, whatIf, { ontick, fixes }) {
    const { scores, sizes } = document;
    this.whatIf = whatIf;
    this.now = whatIf.of(new Set());
    this.transfer = sizes.find((row) => row.meter === "transfer")?.bytes ?? null;
    this.total = scores.total_bytes;
    this.figures = h("dl", { class: "what-if-figures" });
    this.saves = h("p", { class: "what-if-saves" });
    this.said = h("p", { class: "unseen", role: "status" });
    // What the settings ignore is no advice to whoever wrote them.
    const advised = whatIf.advised.filter(
      (index) => whatIf.speaking.has(index) && !document.findings[index].ignored,
    );
    const button = (label, disabled, ticked) =>
      h("button", { type: "button", disabled, onclick: () => ontick(new Set(ticked)) }, label);
    this.none = button("None", false, []);
    this.copying = copyButton(fixes, "fixes", "Copy fixes");
    this.all = button(`Tick all advice (${count(advised.length)})`, !advised.length, advised);
    const buttons = h("div", { class: "what-if-buttons" }, this.all, this.none, this.copying);
    this.element = h(
      "section",
      { class: "what-if", "aria-label": "What if" },
      h("div", { class: "what-if-ticks" }, this.saves, buttons),
      this.figures,
      this.said,
    );
  }

  /** Show what is ticked, a set of findings; `said`: announce it too. */
  show(ticked, said) {
    const number = ticked.size;
    const then = this.whatIf.of(ticked);
    this.element.classList.toggle("ticked", number > 0);
    // A button that cannot be pressed any more would lose the focus.
    if (!number && document.activeElement === this.none) this.all.focus();
    this.none.disabled = !number;
    this.copying.querySelector("button").disabled = !number;
    // Where what a pull moves is known, it stands among the figures.
    const wire = then.wire !== null && this.transfer === null && [", ≈ ", bytes(then.wire), " to transfer"];
    replace(
      this.saves,
      number
        ? [`${count(number)} ticked: saves `, h("strong", {}, bytes(then.saved)), wire]
        : "Tick findings to see the image without what they speak of.",
    );
    replace(this.figures, this.rows(then).map((row) => figure(row, number > 0)));
    if (said) replace(this.said, number ? sentence(number, then) : "Nothing ticked");
  }

  /** [name, as it is, as it would be]. */
  rows(then) {
    const { now } = this;
    const rows = [["Size", bytes(now.total), bytes(then.total)]];
    if (this.transfer !== null && then.wire !== null) {
      const left = Math.max(0, this.transfer - then.wire);
      rows.push(["Transfer", bytes(this.transfer), ["≈ ", bytes(left)]]);
    }
    rows.push(["Efficiency", percent(now.live, now.total), percent(then.live, then.total)]);
    rows.push(["Lean score", percent(lean(now), now.total), percent(lean(then), then.total)]);
    return rows;
  }
}

function lean(what) {
  return what.live - what.removable;
}

function figure([name, now, then], moves) {
  const arrow = [h("span", { "aria-hidden": "true" }, " → "), h("span", { class: "unseen" }, ", then ")];
  return h("div", {}, h("dt", {}, name), h("dd", {}, now, moves ? [arrow, h("strong", {}, then)] : null));
}

function sentence(number, then) {
  const shares = `efficiency ${text(then.live, then.total)}, lean score ${text(lean(then), then.total)}`;
  return `${counted(number, "finding")} ticked, saves ${size(then.saved)}: size ${size(then.total)}, ${shares}`;
}

/** A share of the image; the exact parts are its value. */
function percent(part, whole) {
  return h("data", { value: `${part}/${whole}` }, text(part, whole));
}

/** An image without bytes wastes none. */
function text(part, whole) {
  return whole ? share(part, whole) : "100%";
}
