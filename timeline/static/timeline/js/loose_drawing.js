import { drawn } from "./drawn_axis.js";
import { breath } from "./pieces.js";

/**
 * A drawing of lanes of which the marks slide sideways and the titles stay. Its marks lie in a drawing within it, which
 * cuts off what slides out; they come to it lane by lane, for all at once would hold up what the reader does.
 */
export class LooseDrawing {
  constructor(svg) {
    this.svg = svg;
    const x = Number(svg.dataset.x) - 10;
    const width = Number(svg.dataset.width) + 20;
    const height = svg.viewBox.baseVal.height;
    this.sliding = drawn("svg", { class: "lanes__sliding", x, y: 0, width, height, viewBox: `${x} 0 ${width} ${height}` });
    this.inner = drawn("g");
    this.sliding.append(this.inner);
  }

  get lanes() {
    return [...this.svg.querySelectorAll(":scope > g")];
  }

  marksOf(lane) {
    const marks = drawn("g", { class: lane.getAttribute("class") ?? "" });
    marks.append(...lane.querySelectorAll(":scope > a"));
    return marks;
  }

  lines() {
    const lines = drawn("g");
    lines.append(...this.svg.querySelectorAll(":scope > .chart__line, :scope > text"));
    return lines;
  }

  /** Takes the marks out of a drawing that is not in the page yet. */
  takeApart() {
    this.marks = this.lanes.map((lane) => this.marksOf(lane));
    this.inner.append(this.lines());
    this.svg.append(this.sliding);
  }

  /** Brings them back, now that it is. */
  async putTogether() {
    for (const marks of this.marks) {
      if (this.svg.checkVisibility()) await breath();
      this.inner.append(marks);
    }
  }

  /** Lets the marks of a drawing in the page slide. */
  async loosen() {
    this.inner.append(this.lines());
    this.svg.append(this.sliding);
    for (const lane of this.lanes) {
      await breath();
      this.inner.append(this.marksOf(lane));
    }
  }

  /** Shows the marks of a drawing so many pixels beside where they lie. */
  static slide(svg, pixels) {
    svg.querySelector(":scope > .lanes__sliding > g")?.setAttribute("transform", `translate(${pixels.toFixed(1)} 0)`);
  }
}
