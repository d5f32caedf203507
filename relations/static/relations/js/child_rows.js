/* Rows of fields that one goes through by Enter: on to the next row, which is added where there is none, and from an
   empty row on to what comes after. Without script the empty rows are enough. */

const FIELDS = "input:not([type=hidden], [hidden]), select:not([hidden]), textarea";

/** The first field in an element that can be typed into, or nothing. */
export function firstField(element) {
  return [...element.querySelectorAll(FIELDS)].find((field) => field.checkVisibility());
}

export class ChildRows extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button.add");
    this.template = this.querySelector("template");
    if (!this.button || !this.template) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.add());
    this.addEventListener("keydown", (event) => this.onKey(event));
  }

  get rows() {
    return [...this.querySelectorAll("tbody.row")];
  }

  get total() {
    return this.querySelector(`[name="${this.dataset.prefix}-TOTAL_FORMS"]`);
  }

  /** Adds a row and returns its first field. */
  append() {
    const row = this.template.content.cloneNode(true);
    for (const element of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        if (element.hasAttribute(name)) {
          element.setAttribute(name, element.getAttribute(name).replace("__prefix__", this.total.value));
        }
      }
    }
    this.total.value = Number(this.total.value) + 1;
    this.template.before(row);
    return firstField(this.rows.at(-1));
  }

  add() {
    const empty = this.rows.find((row) => this.isEmpty(row));
    (empty ? firstField(empty) : this.append()).focus();
  }

  isEmpty(row) {
    return ![...row.querySelectorAll("input:not([type=checkbox], [type=hidden]), textarea")].some((field) => field.value);
  }

  onKey(event) {
    const row = event.target.closest("tbody.row");
    const isPlain = event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (!isPlain || !row || event.defaultPrevented || !event.target.matches(FIELDS) || event.target.matches("textarea")) {
      return;
    }
    event.preventDefault();
    const next = this.rows[this.rows.indexOf(row) + 1];
    if (this.isEmpty(row)) this.dispatchEvent(new CustomEvent("next-section", { bubbles: true }));
    else (next ? firstField(next) : this.append()).focus();
  }
}

customElements.define("child-rows", ChildRows);
