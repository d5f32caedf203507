/* Keys that work while one types: save, the next one, add a row, go from section to section; `?` lists them.

   Each has Ctrl, Command or Alt, and none that a keyboard needs for letters; `?` alone counts outside fields only. */
import { ChildRows, firstField } from "./child_rows.js";

const form = document.querySelector("form.record");
const dialog = document.querySelector("#shortcuts");

function press(...names) {
  names.map((name) => form.querySelector(`[name=${name}]`)).find(Boolean)?.click();
}

function sections() {
  return [...form.querySelectorAll("fieldset.module")].filter((section) => !section.closest("template"));
}

/** Goes to the first field of the next section, or of the one before; a section that is shut is opened. */
function go(step) {
  const all = sections();
  const here = all.findIndex((section) => section.contains(document.activeElement));
  const next = all[here + step];
  if (!next) return form.querySelector(step > 0 ? "[name=_save]" : "[name=_continue]")?.focus();
  const folded = next.querySelector(":scope > details");
  if (folded) folded.open = true;
  next.scrollIntoView({ block: "nearest" });
  return firstField(next)?.focus();
}

function addRow() {
  const all = [...form.querySelectorAll("child-rows")];
  const here = all.find((rows) => rows.contains(document.activeElement));
  const after = all.find(
    (rows) => document.activeElement.compareDocumentPosition(rows) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  const rows = here || after || all[0];
  if (rows instanceof ChildRows) rows.add();
}

function isTyping(element) {
  return element.matches("input:not([type=checkbox], [type=radio], [type=submit]), select, textarea");
}

function actOf(event) {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  const alt = event.altKey && !event.ctrlKey && !event.metaKey;
  if (event.key === "?" && (command || !isTyping(event.target))) return () => dialog.showModal();
  if (command && event.key.toLowerCase() === "s" && !event.shiftKey) return () => press("_continue");
  if (command && event.key === "Enter") return () => (event.shiftKey ? press("_addlike", "_addanother") : press("_save"));
  if (alt && event.key === "Enter") return () => addRow();
  if (alt && event.key === "PageDown") return () => go(1);
  if (alt && event.key === "PageUp") return () => go(-1);
  return null;
}

if (form && dialog) {
  document.addEventListener("keydown", (event) => {
    const act = dialog.open || event.isComposing ? null : actOf(event);
    if (!act) return;
    event.preventDefault();
    act();
  });
  form.addEventListener("next-section", () => go(1));
  for (const button of document.querySelectorAll("[data-opens=shortcuts]")) {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
  }
}
