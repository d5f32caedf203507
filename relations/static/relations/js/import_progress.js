/* Says while a form is answered that it is, and how many rows were looked at. Without script the browser says it. */

const PAUSE = 1000; // milliseconds between two questions

class ImportProgress extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.form.addEventListener("submit", (event) => event.submitter?.value === "discard" || this.begin());
  }

  begin() {
    const bar = document.createElement("progress");
    this.words = document.createElement("span");
    this.words.textContent = this.dataset.waiting;
    this.replaceChildren(bar, " ", this.words);
    bar.setAttribute("aria-label", this.dataset.waiting);
    if (this.dataset.token) this.timer = setInterval(() => this.ask(), PAUSE);
    // Whoever comes back to this page by the browser's button finds it as it was.
    addEventListener("pageshow", () => this.end(), { once: true });
  }

  end() {
    clearInterval(this.timer);
    this.replaceChildren();
  }

  async ask() {
    const token = this.form.elements[this.dataset.token].value;
    const response = await fetch(`${token}/progress/`).catch(() => null);
    if (!response?.ok) return;
    const { rows } = await response.json();
    this.words.textContent = `${this.dataset.rows} ${rows.toLocaleString(document.documentElement.lang)}`;
  }
}

customElements.define("import-progress", ImportProgress);
