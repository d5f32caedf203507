/* Shows what a form would change while it is typed. Without script its button shows the same. */

const PAUSE = 700; // milliseconds after the last letter
const ANSWER = ".supposed__answer";

class SupposeForm extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.button = this.querySelector("[name=_suppose]");
    for (const type of ["input", "change", "taken-up"]) this.form.addEventListener(type, () => this.askSoon());
    // The first button that submits is the one that Enter presses: that is to save.
    this.button.type = "button";
    this.button.addEventListener("click", () => this.ask());
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = new AbortController();
    const body = new FormData(this.form);
    body.append("_suppose", "1");
    const asked = { method: "POST", body, signal: this.asking.signal };
    const response = await fetch(this.form.action, asked).catch(() => null);
    if (!response?.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answer = page.querySelector(`#supposed ${ANSWER}`);
    if (answer) this.querySelector(ANSWER).replaceChildren(...answer.childNodes);
    // The amounts of a condition that was typed just now.
    const picks = page.querySelector(".picks");
    if (picks && !this.form.querySelector(".picks")) this.form.querySelector(".picking").prepend(picks);
  }
}

customElements.define("suppose-form", SupposeForm);
