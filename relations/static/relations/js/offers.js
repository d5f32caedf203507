/* A list beneath a field of what its text may mean: arrows, Enter, Tab, Escape.

   `ask(text)` returns results, each with `label` and `hint`, or a promise of them; `take(result)` puts one into the
   field. With `isFree` the text may be anything: then only what is written in full is taken by Tab or Enter. */

let count = 0;

export class Offers {
  constructor(input, { ask, take, pause = 0, isFree = false }) {
    Object.assign(this, { input, ask, take, pause, isFree });
    this.list = document.createElement("ul");
    this.list.id = `offers-${(count += 1)}`;
    this.list.className = "offers";
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    input.after(this.list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    this.list.setAttribute("aria-label", input.ariaLabel || input.labels?.[0]?.textContent.trim() || input.name);
    input.addEventListener("input", () => this.askSoon());
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("blur", () => this.close());
    // Before the blur, which would close the list.
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.choose(event.target.closest("[role=option]"));
    });
  }

  askSoon() {
    this.isWaiting = true;
    this.isOwed = false;
    clearTimeout(this.timer);
    if (this.pause) this.timer = setTimeout(() => this.open(), this.pause);
    else this.open();
  }

  async open() {
    const asked = this.input.value;
    const results = await this.ask(asked.trim());
    // A slower answer to what was typed before is too late.
    if (asked !== this.input.value || !results) return;
    this.isWaiting = false;
    this.show(results);
    // Whoever typed on before the answer came gets what Tab would have taken.
    if (this.isOwed) this.choose(this.pointed);
    this.isOwed = false;
  }

  show(results) {
    this.results = results;
    this.list.replaceChildren(
      ...results.map((result, place) => {
        const option = document.createElement("li");
        option.id = `${this.list.id}-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
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
    const typed = this.input.value.trim().toLowerCase();
    const first = this.isFree ? results.findIndex((result) => result.label.toLowerCase() === typed) : 0;
    this.point(isOpen || this.isOwed ? this.list.children[first] : null);
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
    const isShut = this.list.hidden;
    // Whatever leads on takes what is marked: the Tab key, and the keys that save or go to another section.
    const isOn = event.key === "Tab" || event.ctrlKey || event.metaKey || (event.altKey && event.key.startsWith("Page"));
    if (["Control", "Meta", "Shift", "Alt"].includes(event.key)) {
      return;
    } else if (event.key === "ArrowDown" && isShut && !event.altKey) {
      this.open();
    } else if (isShut) {
      this.isOwed = this.isWaiting && (isOn || event.key === "Enter") && Boolean(this.input.value.trim());
      if (isOn || !this.isOwed) return;
    } else if (isOn) {
      this.choose(this.pointed);
      return;
    } else if (event.key === "ArrowDown") {
      this.point(this.pointed?.nextElementSibling || this.list.firstElementChild);
    } else if (event.key === "ArrowUp") {
      this.point(this.pointed?.previousElementSibling || this.list.lastElementChild);
    } else if (event.key === "Enter" && this.pointed) {
      this.choose(this.pointed);
    } else if (event.key === "Escape") {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  choose(option) {
    if (option) {
      this.take(this.results[[...this.list.children].indexOf(option)]);
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    this.close();
  }

  close() {
    if (!this.isOwed) clearTimeout(this.timer);
    this.isWaiting &&= this.isOwed;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.point(null);
  }
}
