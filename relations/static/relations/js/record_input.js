/* Offers the records that a text may mean, as a list beneath the field: arrows, Enter, Escape.

   Without script the text alone is enough; the server finds the record by name, short name, alias or key. */

const PAUSE = 150; // milliseconds after the last letter
let count = 0;

/** One text that names a record. */
class RecordInput extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.list) return;
    this.list = document.createElement("ul");
    this.list.id = `records-${(count += 1)}`;
    this.list.className = "offers";
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    this.append(this.list);
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.input.setAttribute("aria-controls", this.list.id);
    this.list.setAttribute("aria-label", this.input.ariaLabel || this.input.labels?.[0]?.textContent.trim() || this.input.name);
    this.input.addEventListener("input", () => this.askSoon());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.close());
    // Before the blur, which would close the list.
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.take(event.target.closest("[role=option]"));
    });
  }

  say(hint) {
    const place = this.querySelector(".record__hint");
    if (place) place.textContent = hint;
  }

  askSoon() {
    this.say("");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const asked = this.input.value.trim();
    if (!asked) return this.close();
    const response = await fetch(`${this.dataset.url}?${new URLSearchParams({ q: asked })}`);
    // A slower answer to what was typed before is too late.
    if (!response.ok || asked !== this.input.value.trim()) return undefined;
    return this.show((await response.json()).results);
  }

  show(results) {
    this.list.replaceChildren(
      ...results.map((result, place) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.value = result.value;
        option.dataset.hint = result.hint;
        const label = document.createElement("b");
        label.textContent = result.label;
        label.dir = "auto";
        const hint = document.createElement("small");
        hint.textContent = result.hint;
        option.append(label, " ", hint);
        return option;
      }),
    );
    const isOpen = results.length > 0 && document.activeElement === this.input;
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    this.point(isOpen ? this.list.firstElementChild : null);
  }

  point(option) {
    this.pointed?.setAttribute("aria-selected", "false");
    this.pointed = option;
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", option.id);
    } else {
      this.input.removeAttribute("aria-activedescendant");
    }
  }

  onKey(event) {
    if (event.key === "ArrowDown" && this.list.hidden) {
      this.ask();
    } else if (this.list.hidden) {
      return;
    } else if (event.key === "ArrowDown") {
      this.point(this.pointed?.nextElementSibling || this.list.firstElementChild);
    } else if (event.key === "ArrowUp") {
      this.point(this.pointed?.previousElementSibling || this.list.lastElementChild);
    } else if (event.key === "Enter") {
      this.take(this.pointed);
    } else if (event.key === "Tab") {
      this.take(this.pointed);
      return;
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  take(option) {
    if (option) {
      this.input.value = option.dataset.value;
      this.say(option.dataset.hint);
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.point(null);
  }
}

/** Several such texts: when the last box is filled, another is offered. */
class RecordInputs extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => {
      const boxes = this.querySelectorAll("record-input");
      const last = boxes[boxes.length - 1];
      if (!last.querySelector("input").value) return;
      const next = document.createElement("record-input");
      next.dataset.url = last.dataset.url;
      const input = last.querySelector("input").cloneNode();
      input.value = "";
      input.id = `${boxes[0].querySelector("input").id}_${boxes.length}`;
      input.removeAttribute("aria-activedescendant");
      const label = boxes[0].querySelector("input").labels[0]?.textContent.trim() || input.name;
      input.setAttribute("aria-label", `${label} ${boxes.length + 1}`);
      next.append(input);
      last.after(next);
    });
  }
}

customElements.define("record-input", RecordInput);
customElements.define("record-inputs", RecordInputs);
