/* The page of a review: the frame is as high as the page in it, and Ctrl Enter decides. */

/** Wraps a frame that scrolls; with script it is as high as what it holds. */
class PageFrame extends HTMLElement {
  connectedCallback() {
    this.frame = this.querySelector("iframe");
    this.frame.addEventListener("load", () => this.watch());
    if (this.frame.contentDocument?.readyState === "complete") this.watch();
  }

  watch() {
    const page = this.frame.contentDocument?.documentElement;
    if (!page) return;
    const fit = () => this.frame.style.setProperty("block-size", `${page.offsetHeight}px`);
    new this.frame.contentWindow.ResizeObserver(fit).observe(page);
    fit();
  }
}
customElements.define("page-frame", PageFrame);

for (const key of document.querySelectorAll(".review__key")) key.hidden = false;

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = document.activeElement?.closest("form") ?? document.querySelector(".review__publish");
  const button = form?.closest(".review") && form.querySelector("button[type=submit]");
  if (!button) return;
  event.preventDefault();
  button.click();
});
