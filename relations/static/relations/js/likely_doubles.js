/* Says which events may be the one that is typed, while it is typed. It stops nothing. */

const PAUSE = 600; // milliseconds after the last letter

class LikelyDoubles extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    for (const type of ["input", "change"]) {
      this.form.addEventListener(type, (event) => {
        if (/^(title|date|participations-\d+-actor)$/.test(event.target.name)) this.askSoon();
      });
    }
    this.form.addEventListener("taken-up", () => this.askSoon());
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const { title, date } = this.form.elements;
    const asked = new URLSearchParams({ title: title.value, date: date.value, pk: this.dataset.pk });
    for (const actor of this.form.querySelectorAll("[name^=participations-][name$=-actor]")) {
      if (actor.value) asked.append("actor", actor.value);
    }
    this.asked = String(asked);
    if (!title.value.trim() || !date.value.trim()) return this.show([]);
    const response = await fetch(`${this.dataset.url}?${asked}`).catch(() => null);
    if (!response?.ok || this.asked !== String(asked)) return undefined;
    return this.show((await response.json()).results);
  }

  show(results) {
    this.querySelector("ul").replaceChildren(
      ...results.map((result) => {
        const item = document.createElement("li");
        const link = document.createElement("a");
        link.href = result.url;
        link.target = "_blank";
        link.textContent = result.title;
        link.dir = "auto";
        item.append(`${result.date} `, link, ` (${result.state})`);
        return item;
      }),
    );
    this.querySelector("section").hidden = !results.length;
  }
}

customElements.define("likely-doubles", LikelyDoubles);
