/* Finds a class of event by its name, its meaning or a word for it. Without script it is the list that it stands for. */
import { Offers } from "./offers.js";

class KindInput extends HTMLElement {
  connectedCallback() {
    this.select = this.querySelector("select");
    if (!this.select || this.offers) return;
    this.kinds = [...this.querySelectorAll("[data-kind]")].map((meaning) => this.kindOf(meaning));
    this.querySelector("details").hidden = true;
    const input = document.createElement("input");
    input.type = "text";
    input.autocomplete = "off";
    input.placeholder = this.dataset.ask;
    for (const name of ["aria-describedby", "aria-invalid", "id"]) {
      if (this.select.hasAttribute(name)) input.setAttribute(name, this.select.getAttribute(name));
    }
    this.select.removeAttribute("id");
    this.select.hidden = true;
    this.select.before(input);
    this.input = input;
    this.sync();
    this.offers = new Offers(input, {
      ask: (text) => this.find(text),
      take: (kind) => {
        this.select.value = kind.value;
        this.sync();
      },
    });
    // What is left half written says nothing.
    input.addEventListener("blur", () => {
      if (!input.value.trim()) this.select.value = "";
      this.sync();
    });
    this.select.form.addEventListener("taken-up", () => this.sync());
  }

  kindOf(meaning) {
    const value = meaning.dataset.kind;
    const label = [...this.select.options].find((option) => option.value === value).text;
    const name = meaning.querySelector("b").textContent;
    const about = meaning.textContent.replace(name, "").trim();
    return { value, label, about, words: meaning.dataset.words };
  }

  /** The classes of which name, word or meaning has each word of the text; first what is called or begins so. */
  find(text) {
    if (text === this.chosen) return this.offered(this.kinds);
    const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (about) => {
      const words = about.toLowerCase().split(/[^\p{L}\p{N}]+/u);
      return asked.every((part) => words.some((word) => word.startsWith(part)));
    };
    const begins = (kind) => kind.words.toLowerCase().split(", ").some((word) => word.startsWith(asked.join(" ")));
    const tests = [(kind) => has(kind.label), begins, (kind) => has(kind.words), (kind) => has(`${kind.words} ${kind.about}`)];
    const rank = (kind) => tests.findIndex((test) => test(kind));
    const found = this.kinds.filter((kind) => rank(kind) >= 0).sort((one, other) => rank(one) - rank(other));
    return this.offered(found, asked);
  }

  offered(kinds, asked = []) {
    return kinds.map((kind) => {
      const words = kind.words.split(", ");
      const hits = words.filter((word) => asked.some((part) => word.toLowerCase().includes(part)));
      return { ...kind, hint: [hits.join(", "), kind.about].filter(Boolean).join(". ") };
    });
  }

  sync() {
    this.chosen = this.select.value ? this.select.selectedOptions[0].text : "";
    this.input.value = this.chosen;
  }
}

customElements.define("kind-input", KindInput);
