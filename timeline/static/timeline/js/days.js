/** Days as whole numbers, and windows of them: {first, last}, both inclusive. Addresses write them as `window.py` does. */

const LENGTH = 86400000;
const UNITS = { year: 365.2425, month: 30.436875, day: 1 };

export const dayOf = (iso) => Date.parse(`${iso}T00:00:00Z`) / LENGTH;
export const isoOf = (day) => new Date(day * LENGTH).toISOString().slice(0, 10);
export const lengthOf = (window) => window.last - window.first + 1;
export const isSame = (one, other) => one.first === other.first && one.last === other.last;

/** The day on which a month begins, counted from January of the year 0. */
const monthStart = (month) => dayOf(`${String(Math.floor(month / 12)).padStart(4, "0")}-${String((month % 12) + 1).padStart(2, "0")}-01`);
const monthOf = (day) => Number(isoOf(day).slice(0, 4)) * 12 + Number(isoOf(day).slice(5, 7)) - 1;

/** The unit in which a window of so many days is moved: the longer it is, the larger. */
const unitOf = (days) => (days > 4 * UNITS.year ? "year" : days > 4 * UNITS.month ? "month" : "day");

/** A window moved by so many days, in whole units, so that whole years stay whole years. */
export function moved(window, days) {
  const unit = unitOf(lengthOf(window));
  const n = Math.round(days / UNITS[unit]);
  if (unit === "day") return { first: window.first + n, last: window.last + n };
  const months = unit === "year" ? n * 12 : n;
  // The day after the last is moved, not the last one: the end of a month stays the end of a month.
  return { first: byMonths(window.first, months), last: byMonths(window.last + 1, months) - 1 };
}

function byMonths(day, months) {
  const month = monthOf(day);
  const there = monthStart(month + months);
  return Math.min(there + day - monthStart(month), monthStart(month + months + 1) - 1);
}

/** A window so many times as long, in which `day` keeps its place. */
export function zoomed(window, factor, day) {
  const length = Math.max(lengthOf(window) * factor, 1);
  const first = day - ((day - window.first) / lengthOf(window)) * length;
  return snapped({ first, last: first + length - 1 });
}

/** A window with its ends at the nearest beginnings and ends of the unit in which it is moved; one unit at least. */
export function snapped(window) {
  const unit = unitOf(lengthOf(window));
  const first = nearest(window.first, unit);
  const end = nearest(window.last + 1, unit);
  return { first, last: Math.max(end, after(first, unit)) - 1 };
}

function nearest(day, unit) {
  if (unit === "day") return Math.round(day);
  const step = unit === "year" ? 12 : 1;
  const month = Math.floor(monthOf(Math.floor(day)) / step) * step;
  const [before, next] = [monthStart(month), monthStart(month + step)];
  return day - before < next - day ? before : next;
}

const after = (day, unit) => (unit === "day" ? day + 1 : monthStart(monthOf(day) + (unit === "year" ? 12 : 1)));

/** A window moved, and shortened if it must be, so that it lies within the whole. */
export function within(window, whole) {
  if (lengthOf(window) >= lengthOf(whole)) return whole;
  if (window.first < whole.first) return { first: whole.first, last: whole.first + lengthOf(window) - 1 };
  if (window.last > whole.last) return { first: whole.last - lengthOf(window) + 1, last: whole.last };
  return window;
}

/** Its ends as an address has them, as short as they say the same: years, else months, else days. */
export function texts(window) {
  const [first, last, next] = [isoOf(window.first), isoOf(window.last), isoOf(window.last + 1)];
  if (first.endsWith("-01-01") && next.endsWith("-01-01")) return [first.slice(0, 4), last.slice(0, 4)];
  if (first.endsWith("-01") && next.endsWith("-01")) return [first.slice(0, 7), last.slice(0, 7)];
  return [first, last];
}
