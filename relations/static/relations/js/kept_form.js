/* Keeps what is typed into a form, and offers it when the form is opened again after the tab, the line or the sign-in
   was lost. It is never put into the form unasked. */
import { drop, keep, keptOf, person } from "./kept.js";
import { firstField } from "./child_rows.js";

const PAUSE = 300; // milliseconds after the last letter
const NOT_KEPT = ["csrfmiddlewaretoken", "version", "kept"];

class KeptForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form.record");
    this.offer = this.querySelector(".kept");
    this.address = window.location.pathname;
    if (!this.form || !person()) return;
    this.kept = this.form.elements.kept;
    this.kept.value ||= Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
    for (const type of ["input", "change"]) this.form.addEventListener(type, () => this.keepSoon());
    window.addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => this.flush());
    this.show();
  }

  keepSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  flush() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    const fields = [...new FormData(this.form)].filter(([name, value]) => {
      return !NOT_KEPT.includes(name) && typeof value === "string";
    });
    keep(this.address, this.kept.value, { version: this.form.elements.version.value, fields });
  }

  /** Shows what is kept of this form, but for what came back from the server just now. */
  show() {
    const found = keptOf(this.address).filter((entry) => entry.id !== this.kept.value);
    this.offer.querySelector("ul").replaceChildren(...found.map((entry) => this.line(entry)));
    this.offer.hidden = !found.length;
  }

  line(entry) {
    const { dataset } = this.offer;
    const item = document.createElement("li");
    const at = new Date(entry.at);
    const isToday = at.toDateString() === new Date().toDateString();
    const language = document.documentElement.lang;
    const time = at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const day = at.toLocaleDateString(language, { day: "numeric", month: "long" });
    const words = (isToday ? dataset.today : dataset.before).replace("{time}", time).replace("{day}", day);
    const title = entry.fields.find(([name, value]) => value && !name.includes("-"))?.[1] || "";
    const about = document.createElement("b");
    about.textContent = title.slice(0, 80);
    about.dir = "auto";
    item.append(words, " ", about, " ");
    if (entry.version !== this.form.elements.version.value) {
      item.append(dataset.changed.replace("{opened}", entry.version).replace("{now}", this.form.elements.version.value));
    }
    item.append(this.button(dataset.take, () => this.take(entry)), this.button(dataset.discard, () => this.discard(entry)));
    return item;
  }

  button(words, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.addEventListener("click", act);
    return button;
  }

  discard(entry) {
    drop(({ name }) => name === entry.name);
    this.show();
    firstField(this.form)?.focus();
  }

  /** Fills the form with what is kept. It is of the version that was open then: the server tells what changed since. */
  take(entry) {
    const values = new Map();
    for (const [name, value] of entry.fields) values.set(name, [...(values.get(name) || []), value]);
    for (const rows of this.form.querySelectorAll("child-rows")) {
      const wanted = Number(values.get(rows.total.name)?.[0] || 0);
      while (rows.rows.length < wanted) rows.append();
      for (const row of rows.rows.slice(wanted)) row.remove();
      rows.total.value = wanted;
    }
    for (const boxes of this.form.querySelectorAll("record-inputs")) {
      const { name } = boxes.querySelector("input");
      while (boxes.querySelectorAll("input").length < (values.get(name)?.length || 0)) boxes.add();
    }
    for (const field of this.form.elements) {
      if (!field.name || NOT_KEPT.includes(field.name) || field.type === "submit") continue;
      const kept = values.get(field.name) || [];
      if (field.type === "checkbox") field.checked = kept.includes(field.value);
      else if (field.type === "radio") field.checked = kept[0] === field.value;
      else field.value = kept.shift() ?? "";
    }
    for (const fields of this.form.querySelectorAll(".row__new")) {
      const address = fields.closest(".row").querySelector(".field-source input").value;
      fields.hidden = !fields.querySelector("input").value || !/^https?:\/\//i.test(address);
    }
    for (const folded of this.form.querySelectorAll("fieldset.module > details, .row__more details")) {
      folded.open ||= [...folded.querySelectorAll("input:not([type=checkbox]), textarea")].some((field) => field.value);
    }
    this.form.elements.version.value = entry.version;
    this.kept.value = entry.id;
    this.form.dispatchEvent(new CustomEvent("taken-up"));
    this.show();
    firstField(this.form)?.focus();
  }
}

customElements.define("kept-form", KeptForm);
