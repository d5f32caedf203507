/* Proposes the key of a new record while the fields that it is made of are filled in. The server has the rule.

   A key that a person wrote stays; an empty one is proposed again. */

const PAUSE = 300; // milliseconds after the last letter

class KeyInput extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.proposed = this.input.value ? null : "";
    for (const type of ["input", "change"]) {
      this.input.form.addEventListener(type, (event) => {
        if (this.dataset.parts.split(" ").includes(event.target.name)) this.askSoon();
      });
    }
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    if (this.input.value && this.input.value !== this.proposed) return;
    const parts = this.dataset.parts.split(" ").map((name) => [name, this.input.form.elements[name].value]);
    const asked = String(new URLSearchParams(parts));
    this.asked = asked;
    const response = await fetch(`${this.dataset.url}?${asked}`).catch(() => null);
    if (!response?.ok || this.asked !== asked) return;
    const { key } = await response.json();
    if (this.input.value && this.input.value !== this.proposed) return;
    this.proposed = key;
    this.input.value = key;
  }
}

customElements.define("key-input", KeyInput);
