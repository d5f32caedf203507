/* Adds a row of fields from the template beside the rows. Without script the empty rows are enough. */

class ChildRows extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button.add");
    this.template = this.querySelector("template");
    if (!this.button || !this.template) return;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.add());
  }

  add() {
    const total = this.querySelector(`[name="${this.dataset.prefix}-TOTAL_FORMS"]`);
    const row = this.template.content.cloneNode(true);
    for (const element of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        if (element.hasAttribute(name)) {
          element.setAttribute(name, element.getAttribute(name).replace("__prefix__", total.value));
        }
      }
    }
    total.value = Number(total.value) + 1;
    const first = row.querySelector("input, select, textarea");
    this.template.before(row);
    first.focus();
  }
}

customElements.define("child-rows", ChildRows);
