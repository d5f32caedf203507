import "./arrow_keys.js";
import { clearLinks, drawLinks, linksOf } from "./event_links.js";
import { DrawnAxis, drawn } from "./drawn_axis.js";
import { breath, readInPieces, replaceInPieces } from "./pieces.js";
import { isSame, lengthOf, moved, snapped, texts, within, zoomed } from "./days.js";
import { LooseDrawing } from "./loose_drawing.js";
import { StripFrame } from "./strip_frame.js";

const SETTLED = 140; // milliseconds without a movement, after which what is in view is asked for
const QUIET = 600; // after which the list follows
const POINTED = 120; // milliseconds that a pointer stays on a mark before its links are asked for
const STARTED = 5; // pixels from which a press is a drag
const ZOOM = 1.6; // by a key or a button

/**
 * Moves the window of a timeline by dragging, wheel, pinch and keys, and fetches what follows it. What is in view is
 * in the address; without this element every state is a link, and stays one.
 */
class TimelineView extends HTMLElement {
  connectedCallback() {
    if (!this.part("strip")) return;
    this.words = this.dataset;
    this.address = this.going = location.href;
    this.stripOf = this.of(new URL(this.address));
    this.pointers = new Map();
    this.part("strip").before(this.querySelector("template").content.cloneNode(true));
    this.said = this.querySelector("[data-said]");
    this.part("lanes").after(this.said);
    this.adopt();
    this.loosen();
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel", "click", "submit", "keydown", "dragstart"]) this.addEventListener(type, this);
    for (const type of ["pointerover", "pointerout", "focusin", "focusout"]) this.addEventListener(type, this);
    this.addEventListener("wheel", this, { passive: false });
    window.addEventListener("popstate", this);
  }

  /** Makes the marks that the server drew able to slide; nothing waits for it. */
  async loosen() {
    for (const svg of this.querySelectorAll("svg[data-lanes]")) {
      await breath();
      if (svg.checkVisibility()) await new LooseDrawing(svg).loosen();
    }
  }

  disconnectedCallback() {
    window.removeEventListener("popstate", this);
  }

  handleEvent(event) {
    this[`on${event.type}`](event);
  }

  part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  /** The drawing that this width shows. */
  get picture() {
    return [...this.querySelectorAll("svg[data-lanes]")].find((svg) => svg.checkVisibility());
  }

  get frame() {
    return this.frames.find((frame) => frame.axis.svg.checkVisibility()) ?? this.frames[0];
  }

  /** Takes up what the server drew: the window in view, and the whole. */
  adopt() {
    const picture = this.querySelector("svg[data-lanes]");
    this.shown = picture ? new DrawnAxis(picture).window : undefined;
    const strips = [...this.part("strip").querySelectorAll("svg[data-first]")];
    if (!this.frames || this.frames.some((frame) => !frame.axis.svg.isConnected)) {
      const words = { first: this.words.first, last: this.words.last };
      this.frames = strips.map((svg) => new StripFrame(svg, words));
    }
    this.whole = this.frames[0].axis.window;
    this.wanted ??= this.shown;
    this.show(this.pointers.size ? this.wanted : (this.shown ?? this.whole));
  }

  show(days) {
    for (const frame of this.frames) frame.show(days);
  }

  // ------------------------------------------------------------------------------------------------ what is asked

  /** Shows another window at once on the strip, and fetches it when nothing has moved for a moment. */
  want(days, delay = SETTLED) {
    this.wanted = within(days, this.whole);
    this.show(this.wanted);
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.go(), delay);
  }

  go() {
    if (this.shown && isSame(this.wanted, this.shown)) {
      this.asking?.abort();
      this.going = this.address;
      this.part("lanes").removeAttribute("aria-busy");
      return this.settle();
    }
    const address = new URL(this.going);
    for (const name of ["after", "before"]) address.searchParams.delete(name);
    if (isSame(this.wanted, this.whole)) {
      address.searchParams.delete("from");
      address.searchParams.delete("to");
    } else {
      const [first, last] = texts(this.wanted);
      address.searchParams.set("from", first);
      address.searchParams.set("to", last);
    }
    address.hash = "";
    this.visit(address.href);
  }

  /** Puts the parts of another view into the page. */
  async visit(address, { isBack = false } = {}) {
    clearTimeout(this.settling);
    clearTimeout(this.following);
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const url = new URL(address);
    this.going = address;
    this.part("lanes").setAttribute("aria-busy", "true");
    try {
      const fragment = await this.read(this.words.fragment + url.search, asking.signal);
      if (!fragment) return location.assign(address);
      await this.replace(fragment, asking.signal, this.of(url));
    } catch (error) {
      if (error.name === "AbortError") return;
      return location.assign(address);
    }
    if (!isBack) history.pushState(null, "", address);
    const title = this.part("title").textContent;
    document.title = document.title.replace(this.heading ?? title, title);
    this.heading = title;
    this.address = address;
    this.adopt();
    // A drag that goes on wants what it wanted.
    if (!this.pointers.size) this.wanted = this.shown;
    this.settle();
    this.following = setTimeout(() => this.follow(asking.signal), QUIET);
  }

  /** What an address asks for besides its window. */
  of(url) {
    const query = new URLSearchParams(url.search);
    for (const name of ["from", "to", "after", "before"]) query.delete(name);
    return query.toString();
  }

  async read(address, signal) {
    const response = await fetch(address, { signal });
    return response.ok ? readInPieces(await response.text(), signal) : undefined;
  }

  async replace(fragment, signal, others) {
    signal.throwIfAborted();
    // From here on the page is no view until it is the next one.
    this.shown = undefined;
    this.heading ??= this.part("title").textContent;
    for (const part of fragment.querySelectorAll("[data-part]")) {
      const name = part.dataset.part;
      const old = this.part(name);
      if (!old || (name === "strip" && others === this.stripOf)) continue;
      await breath();
      signal.throwIfAborted();
      const focused = this.place(old);
      const open = old.querySelector("details")?.open;
      // A drawing is laid out lane by lane: all at once would hold up what the reader does.
      const drawings = name === "lanes" ? [...part.querySelectorAll("svg[data-lanes]")].map((svg) => new LooseDrawing(svg)) : [];
      for (const drawing of drawings) drawing.takeApart();
      old.replaceChildren(...part.childNodes);
      if (open) old.querySelector("details").open = true;
      if (name === "strip") this.stripOf = others;
      for (const drawing of drawings) await drawing.putTogether();
      for (const keys of old.querySelectorAll("arrow-keys")) keys.gather();
      if (focused) old.querySelector(focused)?.focus({ preventScroll: true });
    }
    this.part("lanes").removeAttribute("aria-busy");
  }

  /** What finds the element of a part that has the focus in the part that comes. */
  place(part) {
    const focused = document.activeElement;
    if (!part.contains(focused) || focused === part) return "";
    if (focused.id) return `#${focused.id}`;
    const drawing = focused.closest("svg[data-lanes]")?.dataset.lanes;
    const inside = drawing ? `svg[data-lanes="${drawing}"] ` : "";
    if (focused.dataset.event) return `${inside}a[data-event="${CSS.escape(focused.dataset.event)}"], ${inside}a[tabindex="0"]`;
    if (drawing) return `${inside}a[tabindex="0"]`;
    if (focused.rel) return `[rel="${focused.rel}"]`;
    const item = focused.closest("li");
    return item ? `.${item.parentElement.classList[0]} > :nth-child(${[...item.parentElement.children].indexOf(item) + 1}) > a` : "";
  }

  /** Lets the list and all that leads on follow the window. */
  async follow(signal) {
    const list = this.querySelector(".view__events");
    list.setAttribute("aria-busy", "true");
    let page;
    try {
      page = await this.read(this.address, signal);
    } catch {
      return;
    }
    if (!page || signal.aborted) return;
    for (const name of [".view__away", ".view__events"]) {
      if (!(await replaceInPieces(this.querySelector(name), page.querySelector(name), signal))) return;
    }
    list.removeAttribute("aria-busy");
    const [form, other] = [this.querySelector("form.filter"), page.querySelector("form.filter")];
    // What somebody has begun to fill in stays; what it carries along follows.
    const isBegun = form.contains(document.activeElement) || [...form.elements].some((field) => field.checked !== field.defaultChecked || field.value !== field.defaultValue);
    if (!isBegun) await replaceInPieces(form, other, signal);
    else {
      for (const field of form.querySelectorAll("input[type=hidden]")) field.remove();
      form.prepend(...other.querySelectorAll("input[type=hidden]"));
    }
  }

  onpopstate() {
    const [here, there] = [new URL(this.going), new URL(location.href)];
    if (here.search === there.search) return;
    if (this.of(here) !== this.of(there)) return location.reload();
    this.visit(location.href, { isBack: true });
  }

  // --------------------------------------------------------------------------------------------- links and forms

  /** Whether an address is this view of other days, or in other lanes. */
  isNear(address) {
    const [here, there] = [new URL(this.address), new URL(address)];
    const others = (url) => new URLSearchParams([...new URLSearchParams(this.of(url))].filter(([name]) => name !== "lanes")).toString();
    return there.origin === here.origin && there.pathname === here.pathname && !there.hash && others(here) === others(there);
  }

  onclick(event) {
    const link = event.target.closest("a[href]");
    if (this.hasDragged) {
      this.hasDragged = false;
      event.preventDefault();
    } else if (event.target.closest("[data-zoom]")) {
      this.zoom(event.target.closest("[data-zoom]").dataset.zoom === "in" ? 1 / ZOOM : ZOOM);
    } else if (link && link.closest("[data-part]") && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
      const address = new URL(link.getAttribute("href"), location.href).href;
      if (!this.isNear(address)) return;
      event.preventDefault();
      this.wanted = undefined;
      this.visit(address);
    }
  }

  onsubmit(event) {
    if (!event.target.matches(".view__period")) return;
    const address = new URL(event.target.action);
    for (const [name, value] of new FormData(event.target)) if (value) address.searchParams.append(name, value);
    event.preventDefault();
    this.wanted = undefined;
    this.visit(address.href);
  }

  // ------------------------------------------------------------------------------------------------------ moving

  zoom(factor, day = (this.wanted.first + this.wanted.last + 1) / 2, delay = SETTLED) {
    this.want(zoomed(this.wanted, factor, day), delay);
  }

  move(steps) {
    this.want(moved(this.wanted, steps * Math.max(lengthOf(this.wanted) / 4, 1)));
  }

  onkeydown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const isDrawing = event.target.closest("[data-part=lanes] svg, [data-part=strip] svg");
    if (!isDrawing || !this.wanted) return;
    const end = this.frame.focused;
    const sideways = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (end && sideways && !event.shiftKey) this.pull(end, sideways);
    else if (event.shiftKey && sideways) this.move(sideways);
    else if (event.key === "+" || event.key === "=") this.zoom(1 / ZOOM);
    else if (event.key === "-") this.zoom(ZOOM);
    else if (event.key === "0") this.want(this.whole);
    else if (end && event.key === "Home") this.want(end === "first" ? { ...this.wanted, first: this.whole.first } : { ...this.wanted, last: this.wanted.first + 364 });
    else if (end && event.key === "End") this.want(end === "last" ? { ...this.wanted, last: this.whole.last } : { ...this.wanted, first: this.wanted.last - 364 });
    else return;
    event.preventDefault();
  }

  /** Moves one end of the window by a step. */
  pull(end, direction) {
    const both = moved(this.wanted, direction * { year: 365.2425, month: 30.436875, day: 1 }[this.unit()]);
    const there = { ...this.wanted, [end]: both[end] };
    if (there.first <= there.last) this.want({ first: Math.max(there.first, this.whole.first), last: Math.min(there.last, this.whole.last) });
  }

  unit() {
    const days = lengthOf(this.wanted);
    return days > 1461 ? "year" : days > 122 ? "month" : "day";
  }

  onwheel(event) {
    const picture = event.target.closest("svg[data-lanes], [data-part=strip] svg");
    if (!picture || !this.wanted) return;
    const axis = new DrawnAxis(picture);
    const pixels = (delta) => delta * [1, 30, 400][event.deltaMode];
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      // Small turns add up until they make a step of the window.
      this.turned = (this.turned ?? 1) * Math.exp(pixels(event.deltaY) / 300);
      const there = zoomed(this.wanted, this.turned, axis.day(event.clientX));
      if (!isSame(within(there, this.whole), this.wanted)) {
        this.turned = 1;
        this.want(there);
      }
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      const scale = picture.viewBox.baseVal.width / picture.getBoundingClientRect().width;
      this.slid = (this.slid ?? 0) + (pixels(event.deltaX || event.deltaY) * scale) / axis.dayWidth;
      const there = moved(this.wanted, this.slid);
      if (!isSame(there, this.wanted)) {
        this.slid = 0;
        this.want(there);
      }
    }
  }

  // ---------------------------------------------------------------------------------------------------- pointers

  ondragstart(event) {
    if (event.target.closest?.("[data-part] svg")) event.preventDefault();
  }

  onpointerdown(event) {
    this.hasDragged = false;
    const drawing = event.target.closest("svg[data-lanes], [data-part=strip] svg");
    if (!drawing || event.button !== 0 || !this.wanted) return;
    const isLanes = drawing.matches("[data-lanes]");
    this.pointers.set(event.pointerId, { x: event.clientX, start: event.clientX });
    if (isLanes && this.pointers.size === 2) this.pinch = { distance: this.distance(), days: this.wanted, middle: new DrawnAxis(drawing).day(this.middle()) };
    if (this.pointers.size > 1) return;
    const axis = new DrawnAxis(drawing);
    const day = axis.day(event.clientX);
    this.drag = { isLanes, day, days: this.wanted, part: isLanes ? "both" : this.frame.beneath(event.clientX) };
    const end = this.drag.part;
    if (!isLanes && (end === "first" || end === "last")) this.frame.ends[end].focus({ preventScroll: true });
  }

  distance() {
    const [one, other] = [...this.pointers.values()];
    return Math.max(Math.abs(one.x - other.x), 20);
  }

  middle() {
    return [...this.pointers.values()].reduce((sum, { x }) => sum + x, 0) / this.pointers.size;
  }

  onpointermove(event) {
    const pointer = this.pointers.get(event.pointerId);
    if (!pointer) return;
    pointer.x = event.clientX;
    if (!this.hasDragged) {
      if (Math.abs(pointer.x - pointer.start) < STARTED) return;
      this.hasDragged = true;
      this.setPointerCapture(event.pointerId);
      this.unlink();
    }
    if (this.pinch && this.pointers.size === 2) this.want(zoomed(this.pinch.days, this.pinch.distance / this.distance(), this.pinch.middle));
    else if (this.drag?.isLanes) this.pan(pointer.x);
    else if (this.drag) this.pull_frame(pointer.x);
  }

  /** Moves the picture with the pointer: the day that was taken hold of stays beneath it. */
  pan(clientX) {
    const picture = this.picture;
    const axis = new DrawnAxis(picture);
    const days = this.drag.day - axis.day(clientX);
    const there = within(moved(axis.window, days), this.whole);
    LooseDrawing.slide(picture, -days * axis.dayWidth);
    if (!isSame(there, this.wanted)) this.want(there);
  }

  pull_frame(clientX) {
    const { day, days, part } = this.drag;
    const now = this.frame.axis.day(clientX);
    if (part === "both") return this.want(moved(days, now - day));
    const ends = part ? { ...days, [part]: now } : { first: day, last: now };
    const there = snapped({ first: Math.min(ends.first, ends.last), last: Math.max(ends.first, ends.last) });
    this.want({ first: Math.max(there.first, this.whole.first), last: Math.min(there.last, this.whole.last) });
  }

  onpointerup(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.pinch = undefined;
    if (this.pointers.size) return;
    this.drag = undefined;
    if (!this.hasDragged) return;
    this.want(this.wanted, 0);
    // The click that ends a drag is none.
    setTimeout(() => (this.hasDragged = false));
  }

  onpointercancel(event) {
    this.onpointerup(event);
  }

  /** Where nothing was fetched, what was slid goes back. */
  settle() {
    if (this.hasDragged && this.pointers.size && this.drag?.isLanes) return;
    for (const svg of this.querySelectorAll("svg[data-lanes]")) LooseDrawing.slide(svg, 0);
    if (!this.pointers.size && this.shown) this.show(this.shown);
  }

  // ------------------------------------------------------------------------------------- the picture and the list

  keyOf(element) {
    return element.closest?.("a[data-event]")?.dataset.event ?? element.closest?.(".events > .event")?.id;
  }

  onpointerover(event) {
    if (event.pointerType === "touch" || this.pointers.size) return;
    this.link(this.keyOf(event.target));
  }

  onpointerout(event) {
    if (!event.relatedTarget || !this.contains(event.relatedTarget)) this.link(this.keyOf(document.activeElement));
  }

  onfocusin(event) {
    this.link(this.keyOf(event.target));
  }

  onfocusout() {
    this.unlink();
  }

  unlink() {
    this.link(undefined);
  }

  /** Marks an event in the picture and in the list, writes its name below the picture and draws its links. */
  link(key) {
    if (key === this.linked) return;
    this.linked = key;
    clearTimeout(this.pointing);
    for (const old of this.querySelectorAll(".is-linked")) old.classList.remove("is-linked");
    for (const svg of this.querySelectorAll("svg[data-lanes]")) clearLinks(svg);
    this.said.textContent = "";
    if (!key) return;
    const found = this.querySelectorAll(`a[data-event="${CSS.escape(key)}"], .events > #${CSS.escape(key)}`);
    for (const element of found) element.classList.add("is-linked");
    const picture = this.picture;
    const mark = picture?.querySelector(`a[data-event="${CSS.escape(key)}"]`);
    if (!mark) return;
    const title = mark.querySelector("title").textContent;
    this.said.textContent = title;
    this.pointing = setTimeout(async () => {
      const links = await linksOf(key, this.words.chain.replace("KEY", key));
      if (this.linked !== key || !mark.isConnected || !links.length) return;
      const shown = drawLinks(picture, links);
      this.said.textContent = `${title} · ${this.words.links.replace("%s", links.length).replace("%d", shown)}`;
    }, POINTED);
  }
}
customElements.define("timeline-view", TimelineView);
