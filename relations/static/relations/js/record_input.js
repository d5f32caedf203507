/* Offers the records that a text may mean.

   Without script the text alone is enough; the server finds the record by name, short name, alias or key. */
import { Offers } from "./offers.js";

const PAUSE = 150; // milliseconds after the last letter

/** One text that names a record. */
class RecordInput extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.offers) return;
    this.input.addEventListener("input", () => this.say(""));
    this.offers = new Offers(this.input, {
      pause: PAUSE,
      ask: (text) => (text ? this.ask(text) : this.beside()),
      take: (result) => {
        this.input.value = result.value;
        this.say(result.hint);
        if (result.cells) this.dispatchEvent(new CustomEvent("new-source", { detail: result.cells, bubbles: true }));
      },
    });
  }

  say(hint) {
    const place = this.querySelector(".record__hint");
    if (place) place.textContent = hint;
  }

  async ask(text) {
    const response = await fetch(`${this.dataset.url}?${new URLSearchParams({ q: text })}`).catch(() => null);
    if (!response?.ok) return null;
    const answer = await response.json();
    if (!answer.new) return answer.results;
    const { title, publisher } = answer.new;
    return [{ value: text, label: `${this.dataset.new} ${publisher}`, hint: title, cells: answer.new }];
  }

  /** What stands in the like fields of the form: the same source often bears out several claims. */
  beside() {
    const others = this.input.form.querySelectorAll(`record-input[data-url="${this.dataset.url}"]`);
    const hints = new Map();
    for (const other of others) {
      const value = other.querySelector("input").value;
      if (value) hints.set(value, other.querySelector(".record__hint")?.textContent || "");
    }
    return [...hints].map(([value, hint]) => ({ value, label: value, hint }));
  }
}

/** Several such texts: when the last box is filled, another is offered. */
class RecordInputs extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => {
      if (this.lastBox.querySelector("input").value) this.add();
    });
  }

  get lastBox() {
    return [...this.querySelectorAll("record-input")].at(-1);
  }

  add() {
    const boxes = this.querySelectorAll("record-input");
    const first = boxes[0].querySelector("input");
    const next = document.createElement("record-input");
    next.dataset.url = boxes[0].dataset.url;
    const input = document.createElement("input");
    for (const name of ["type", "name", "class", "autocomplete", "spellcheck", "maxlength"]) {
      if (first.hasAttribute(name)) input.setAttribute(name, first.getAttribute(name));
    }
    input.id = `${first.id}_${boxes.length}`;
    const label = first.labels[0]?.textContent.trim() || first.name;
    input.setAttribute("aria-label", `${label} ${boxes.length + 1}`);
    next.append(input);
    this.lastBox.after(next);
  }
}

customElements.define("record-input", RecordInput);
customElements.define("record-inputs", RecordInputs);
