/** Makes the links inside it one stop of the tab key; the arrow keys move among them. Without it each is a stop. */
class ArrowKeys extends HTMLElement {
  connectedCallback() {
    this.gather();
    this.addEventListener("keydown", this);
  }

  /** Takes up the links inside it, once more where they have come one by one. */
  gather() {
    this.left ??= new Set(this.querySelectorAll("a[tabindex]"));
    this.links = [...this.querySelectorAll("a[href]")].filter((link) => !this.left.has(link));
    const stop = this.links.find((link) => link.getAttribute("tabindex") === "0") ?? this.links[0];
    for (const link of this.links) link.setAttribute("tabindex", link === stop ? "0" : "-1");
  }

  handleEvent(event) {
    const here = this.links.indexOf(document.activeElement);
    const last = this.links.length - 1;
    const there = { ArrowLeft: here - 1, ArrowUp: here - 1, ArrowRight: here + 1, ArrowDown: here + 1, Home: 0, End: last }[event.key];
    if (here < 0 || there === undefined || there < 0 || there > last || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.links[here].setAttribute("tabindex", "-1");
    this.links[there].setAttribute("tabindex", "0");
    this.links[there].focus();
  }
}
customElements.define("arrow-keys", ArrowKeys);
