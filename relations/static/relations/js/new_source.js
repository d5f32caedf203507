/* Opens the fields of a new source in the row of a citation whose address nobody has entered, with what it suggests. */

document.addEventListener("new-source", (event) => {
  const row = event.target.closest(".row");
  const fields = row?.querySelector(".row__new");
  if (!fields) return;
  fields.hidden = false;
  for (const field of fields.querySelectorAll("[name]")) {
    field.value = event.detail[field.name.replace(/^.*-new_/, "")] ?? "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

// Another source was written over the address.
document.addEventListener("change", (event) => {
  const fields = event.target.closest?.(".field-source")?.closest(".row").querySelector(".row__new:not([hidden])");
  if (!fields || /^https?:\/\//i.test(event.target.value)) return;
  fields.hidden = true;
  for (const field of fields.querySelectorAll("input")) field.value = "";
});
