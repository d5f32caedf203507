/** Makes the matrix inside it one stop of the tab key: the arrow keys move among its links, along and across its rows. */
class DocketMatrix extends HTMLElement {
  connectedCallback() {
    this.rows = [...this.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("a[href]")]).filter((row) => row.length);
    this.rows.flat().forEach((link, n) => link.setAttribute("tabindex", n ? "-1" : "0"));
    this.said = this.querySelector("[data-said]");
    this.addEventListener("keydown", this);
    this.addEventListener("focusin", this);
    this.addEventListener("mouseover", this);
  }

  handleEvent(event) {
    if (event.type === "keydown") this.move(event);
    else this.say(event.target.closest("td"));
  }

  /** Writes what a cell says below the table, for who sees it and has no pointer to wait over it. */
  say(cell) {
    if (!cell || !this.said) return;
    const words = cell.querySelector("svg[aria-label]")?.getAttribute("aria-label") ?? cell.textContent.trim();
    const title = cell.parentElement.querySelector("th a")?.textContent ?? "";
    this.said.textContent = words ? `${title} · ${this.years(cell)} · ${words}` : "";
  }

  years(cell) {
    const heads = this.querySelectorAll("thead th");
    let first = 1;
    for (let before = cell.previousElementSibling; before?.matches("td"); before = before.previousElementSibling) first += before.colSpan;
    const year = (n) => heads[n]?.querySelector(".unseen")?.textContent ?? "";
    return cell.colSpan > 1 ? `${year(first)}–${year(first + cell.colSpan - 1)}` : year(first);
  }

  move(event) {
    const link = document.activeElement;
    const at = this.rows.findIndex((row) => row.includes(link));
    if (at < 0 || event.altKey || event.metaKey) return;
    const shown = (row) => row.filter((other) => other.checkVisibility());
    const row = shown(this.rows[at]);
    const here = row.indexOf(link);
    let there;
    if (event.key === "ArrowLeft") there = row[here - 1];
    else if (event.key === "ArrowRight") there = row[here + 1];
    else if (event.key === "ArrowUp") there = this.nearest(shown(this.rows[at - 1] ?? []), link);
    else if (event.key === "ArrowDown") there = this.nearest(shown(this.rows[at + 1] ?? []), link);
    else if (event.key === "Home") there = event.ctrlKey ? this.rows[0][0] : row[0];
    else if (event.key === "End") there = event.ctrlKey ? this.rows.at(-1)[0] : row.at(-1);
    else return;
    event.preventDefault();
    if (!there || there === link) return;
    link.setAttribute("tabindex", "-1");
    there.setAttribute("tabindex", "0");
    there.focus();
  }

  /** The link of a row that lies nearest to another link, from side to side; the title for a title. */
  nearest(row, link) {
    const middle = (other) => (other.getBoundingClientRect().left + other.getBoundingClientRect().right) / 2;
    if (link.closest("th")) return row[0];
    const marks = row.filter((other) => other.closest("td"));
    return (marks.length ? marks : row).reduce((best, other) => {
      return !best || Math.abs(middle(other) - middle(link)) < Math.abs(middle(best) - middle(link)) ? other : best;
    }, undefined);
  }
}
customElements.define("docket-matrix", DocketMatrix);
