/* What was typed and not saved, kept in this browser: by person, address of the form and page that it was typed into.

   Nothing of it is sent anywhere. It goes when the server says that it was saved, at sign-out and after seven days. */

const PREFIX = "bilateral-typed";
const DAYS = 7;

/** Who is signed in, as the page says; nothing outside the desk. */
export function person() {
  return document.querySelector("meta[name=desk-user]")?.content || "";
}

function parts(name) {
  const [prefix, who, address, id] = name.split(" ");
  return prefix === PREFIX ? { who, address, id } : null;
}

function entries() {
  const found = [];
  for (const name of Object.keys(localStorage)) {
    const about = parts(name);
    if (!about) continue;
    try {
      found.push({ ...about, name, ...JSON.parse(localStorage.getItem(name)) });
    } catch {
      localStorage.removeItem(name);
    }
  }
  return found;
}

/** Returns what is kept of a form for who is signed in, the newest first: `{id, at, version, fields}` each. */
export function keptOf(address) {
  return entries()
    .filter((entry) => entry.who === person() && entry.address === address)
    .sort((one, other) => other.at - one.at);
}

export function keep(address, id, what) {
  try {
    localStorage.setItem([PREFIX, person(), address, id].join(" "), JSON.stringify({ at: Date.now(), ...what }));
  } catch {
    // The browser is full, or keeps nothing: then there is nothing to offer later.
  }
}

export function drop(test) {
  for (const entry of entries()) if (test(entry)) localStorage.removeItem(entry.name);
}

// What the server says was saved.
const saved = document.cookie.split("; ").find((cookie) => cookie.startsWith("desk_saved="));
if (saved) {
  const id = saved.split("=")[1];
  drop((entry) => entry.id === id);
  document.cookie = "desk_saved=; path=/admin/; max-age=0; samesite=strict";
}
drop((entry) => entry.at < Date.now() - DAYS * 24 * 3600 * 1000);
document.querySelector("#logout-form")?.addEventListener("submit", () => drop((entry) => entry.who === person()));
