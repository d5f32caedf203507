/** Makes the links inside it one stop of the tab key; the arrow keys move among them. Without it each is a stop. */
class ArrowKeys extends HTMLElement {
  connectedCallback() {
    this.links = [...this.querySelectorAll("a[href]:not([tabindex])")];
    this.links.forEach((link, n) => link.setAttribute("tabindex", n ? "-1" : "0"));
    this.addEventListener("keydown", this);
  }

  handleEvent(event) {
    const here = this.links.indexOf(document.activeElement);
    const last = this.links.length - 1;
    const there = { ArrowLeft: here - 1, ArrowUp: here - 1, ArrowRight: here + 1, ArrowDown: here + 1, Home: 0, End: last }[event.key];
    if (here < 0 || there === undefined || there < 0 || there > last || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.links[here].setAttribute("tabindex", "-1");
    this.links[there].setAttribute("tabindex", "0");
    this.links[there].focus();
  }
}
customElements.define("arrow-keys", ArrowKeys);
