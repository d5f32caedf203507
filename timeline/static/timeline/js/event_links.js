import { drawn } from "./drawn_axis.js";

const found = new Map();

/** The links of an event to others, as (from, to, kind); asked once. */
export function linksOf(key, address) {
  if (!found.has(key)) {
    const answer = fetch(address).then((response) => (response.ok ? response.json() : { links: [] }));
    found.set(key, answer.then((chain) => chain.links.filter((link) => link.from === key || link.to === key)).catch(() => found.delete(key) && []));
  }
  return found.get(key);
}

/** Draws links between the marks of a drawing, and returns how many have both their events in it. */
export function drawLinks(svg, links) {
  clearLinks(svg);
  const layer = drawn("g", { class: "links", "aria-hidden": "true" });
  for (const { from, to, kind } of links) {
    const [start, end] = [placeOf(svg, from), placeOf(svg, to)];
    if (start && end) layer.append(drawn("path", { class: `links__link links__link--${kind}`, d: curve(start, end) }));
  }
  if (layer.childElementCount) svg.append(layer);
  return layer.childElementCount;
}

export function clearLinks(svg) {
  svg.querySelector(":scope > .links")?.remove();
}

function placeOf(svg, key) {
  const mark = svg.querySelector(`a[data-event="${CSS.escape(key)}"] > [transform]`);
  return mark?.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
}

/** A bow from one mark to the other, above them where they stand in one row, with an arrow at its end. */
function curve([x, y], [endX, endY]) {
  const bend = Math.min(40, 12 + Math.abs(endX - x) / 8);
  const [middleX, middleY] = [(x + endX) / 2, Math.min(y, endY) - bend];
  const angle = Math.atan2(endY - middleY, endX - middleX);
  const [tipX, tipY] = [endX - 9 * Math.cos(angle), endY - 9 * Math.sin(angle)];
  const wing = (turn) => `${(tipX - 7 * Math.cos(angle + turn)).toFixed(1)} ${(tipY - 7 * Math.sin(angle + turn)).toFixed(1)}`;
  return `M${x} ${y}Q${middleX.toFixed(1)} ${middleY.toFixed(1)} ${tipX.toFixed(1)} ${tipY.toFixed(1)}M${wing(0.45)}L${tipX.toFixed(1)} ${tipY.toFixed(1)}L${wing(-0.45)}`;
}
