import { dayOf } from "./days.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function drawn(name, attributes = {}) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The axis of a drawing that says by `data-first`, `data-last`, `data-x` and `data-width` which days lie where. */
export class DrawnAxis {
  constructor(svg) {
    this.svg = svg;
    this.first = dayOf(svg.dataset.first);
    this.last = dayOf(svg.dataset.last);
    this.x = Number(svg.dataset.x);
    this.width = Number(svg.dataset.width);
    this.dayWidth = this.width / (this.last - this.first + 1);
  }

  get window() {
    return { first: this.first, last: this.last };
  }

  /** Where a day begins, in the pixels of the drawing. */
  at(day) {
    return this.x + (day - this.first) * this.dayWidth;
  }

  /** The pixels of the drawing beneath a pointer. */
  point(clientX) {
    const box = this.svg.getBoundingClientRect();
    return ((clientX - box.left) * this.svg.viewBox.baseVal.width) / box.width;
  }

  /** The day beneath a pointer, with its fraction. */
  day(clientX) {
    return this.first + (this.point(clientX) - this.x) / this.dayWidth;
  }
}
