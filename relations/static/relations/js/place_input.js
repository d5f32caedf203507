/* Offers places used before, and fills in what was known of the one that is taken. */
import { Offers } from "./offers.js";

const PAUSE = 150; // milliseconds after the last letter

class PlaceInput extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.offers) return;
    this.offers = new Offers(this.input, {
      pause: PAUSE,
      isFree: true,
      ask: (text) => this.ask(text),
      take: (result) => this.take(result),
    });
  }

  async ask(text) {
    if (!text) return [];
    const response = await fetch(`${this.dataset.url}?${new URLSearchParams({ q: text })}`).catch(() => null);
    return response?.ok ? (await response.json()).results : null;
  }

  take({ cells, hint }) {
    for (const [name, text] of Object.entries(cells)) {
      const field = this.input.form.elements[name];
      if (!field) continue;
      if (field.type === "checkbox") field.checked = text === "yes";
      else field.value = text;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.querySelector(".record__hint").textContent = hint ? `${this.dataset.label}: ${hint}` : "";
  }
}

customElements.define("place-input", PlaceInput);
