const PIECE = 12000; // characters, which take a few milliseconds

/** Lets what waits, the reader first of all, come before what follows. */
export const breath = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** A document read from a text piece by piece, so that a long one holds nothing up. */
export async function readInPieces(text, signal) {
  const page = document.implementation.createHTMLDocument();
  page.open();
  for (let start = 0; start < text.length; start += PIECE) {
    page.write(text.slice(start, start + PIECE));
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  }
  page.close();
  return page;
}

/** Puts the children of one element in the place of those of another, one by one; false where that was broken off. */
export async function replaceInPieces(old, other, signal) {
  const [gone, come] = [[...old.children], [...other.children]];
  for (let n = 0; n < Math.max(gone.length, come.length); n += 1) {
    await breath();
    if (signal.aborted) return false;
    if (gone[n] && come[n]) gone[n].replaceWith(come[n]);
    else if (come[n]) old.append(come[n]);
    else gone[n].remove();
  }
  return true;
}
