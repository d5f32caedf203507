import { DrawnAxis, drawn } from "./drawn_axis.js";
import { isoOf, texts } from "./days.js";

const LEAST = 6; // pixels of a frame, however few its days
const REACH = 14; // pixels to either side of an end within which a pointer takes hold of it

/** The frame on a strip: what is in view, and a slider at each end of it. */
export class StripFrame {
  constructor(svg, words) {
    this.axis = new DrawnAxis(svg);
    for (const old of svg.querySelectorAll(".strip__frame, .strip__veil, .strip__hold")) old.remove();
    this.height = svg.viewBox.baseVal.height - 35;
    this.veil = drawn("path", { class: "strip__veil" });
    this.frame = drawn("path", { class: "strip__frame" });
    this.ends = { first: this.slider(words.first), last: this.slider(words.last) };
    this.hold = drawn("g", { class: "strip__hold" });
    this.hold.append(this.veil, this.frame, this.ends.first, this.ends.last);
    svg.append(this.hold);
  }

  slider(label) {
    const handle = drawn("g", { class: "strip__handle", role: "slider", tabindex: "0", "aria-label": label });
    handle.append(drawn("path", { class: "strip__grip" }), drawn("path", { class: "strip__ridge" }));
    return handle;
  }

  /** Shows a window. */
  show(window) {
    const { axis, height } = this;
    const start = axis.at(window.first);
    const end = Math.max(axis.at(window.last + 1), start + LEAST);
    const isAll = window.first <= axis.first && window.last >= axis.last;
    this.x = [start, end];
    this.veil.setAttribute("d", `M${axis.x} 0H${start}V${height}H${axis.x}zM${end} 0H${axis.x + axis.width}V${height}H${end}z`);
    this.frame.setAttribute("d", isAll ? "" : `M${start} 1H${end}V${height}H${start}z`);
    for (const [name, x] of [["first", start], ["last", end]]) {
      const [handle, day] = [this.ends[name], window[name]];
      handle.firstChild.setAttribute("d", `M${x - 4} ${height / 2 - 12}h8v24h-8z`);
      handle.lastChild.setAttribute("d", `M${x - 1} ${height / 2 - 5}v10m2-10v10`);
      handle.setAttribute("aria-valuemin", axis.first);
      handle.setAttribute("aria-valuemax", axis.last);
      handle.setAttribute("aria-valuenow", day);
      handle.setAttribute("aria-valuetext", isAll || texts(window)[0].length === 4 ? isoOf(day).slice(0, 4) : isoOf(day));
    }
  }

  /** What of the frame lies beneath a pointer: `first` or `last`, `both` between them, or nothing. */
  beneath(clientX) {
    const x = this.axis.point(clientX);
    const scale = this.axis.svg.viewBox.baseVal.width / this.axis.svg.getBoundingClientRect().width;
    const reach = Math.min(REACH * scale, Math.max((this.x[1] - this.x[0]) / 3, 5 * scale));
    if (Math.abs(x - this.x[1]) <= reach) return "last";
    if (Math.abs(x - this.x[0]) <= reach) return "first";
    return x > this.x[0] && x < this.x[1] ? "both" : "";
  }

  /** Which end has the focus. */
  get focused() {
    return Object.keys(this.ends).find((name) => this.ends[name] === document.activeElement);
  }
}
