/* Says at once what a date means, or what would be right; the server reads it, here as on saving. */

const PAUSE = 250; // milliseconds after the last letter

class EdtfInput extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    this.output = this.querySelector("output");
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE);
    });
    this.input.form?.addEventListener("taken-up", () => this.ask());
  }

  async ask() {
    const text = this.input.value.trim();
    if (!text) return this.say("", "");
    const response = await fetch(`${this.dataset.url}?${new URLSearchParams({ text })}`).catch(() => null);
    if (!response?.ok || text !== this.input.value.trim()) return undefined;
    const answer = await response.json();
    return answer.error ? this.say("", answer.error) : this.say(answer.understood, "");
  }

  say(understood, error) {
    const words = document.createElement("b");
    words.textContent = understood;
    this.output.replaceChildren(...(understood ? [`${this.dataset.label} `, words] : [error]));
    this.output.classList.toggle("understood--wrong", Boolean(error));
  }
}

customElements.define("edtf-input", EdtfInput);
