// Cells open as dialogs, and filters hide what is not asked for. Without scripts the links lead to the same panels.
"use strict";
const open = (id, push) => {
  const panel = document.getElementById(id);
  if (!panel || panel.tagName !== "DIALOG" || panel.open) return;
  if (push) history.replaceState(null, "", "#" + id);
  panel.showModal();
  panel.scrollTop = 0;
};
for (const link of document.querySelectorAll(".matrix a[href^='#cell-']"))
  link.addEventListener("click", event => { event.preventDefault(); open(link.hash.slice(1), true); });
for (const panel of document.querySelectorAll("dialog")) {
  panel.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  panel.addEventListener("click", event => { if (event.target === panel) panel.close(); });
}
for (const link of document.querySelectorAll("a.to-diagram"))
  link.addEventListener("click", event => {
    event.preventDefault();
    const diagram = document.getElementById(link.hash.slice(1));
    diagram.open = true;
    diagram.scrollIntoView({block: "start"});
    diagram.querySelector(".scroll").focus({preventScroll: true});
  });
const filters = document.querySelector(".filters");
const apply = () => {
  const chosen = name => filters.elements[name] ? filters.elements[name].value : "";
  const hides = (element, name) => chosen(name) !== "" && element.dataset[name] !== chosen(name);
  for (const section of document.querySelectorAll("section[data-policy]"))
    section.hidden = hides(section, "policy") || hides(section, "link");
  for (const row of document.querySelectorAll(".matrix tr[data-client]")) row.hidden = hides(row, "client");
  for (const field of document.querySelectorAll(".matrix [data-connector]")) field.hidden = hides(field, "connector");
  const cells = [...document.querySelectorAll(".matrix a")];
  const shown = cells.filter(cell => !cell.closest("[hidden]")).length;
  filters.querySelector("output").textContent = shown + " of " + cells.length + " cells shown";
};
if (filters) {
  filters.addEventListener("change", apply);
  filters.addEventListener("reset", () => setTimeout(apply));
  filters.addEventListener("submit", event => event.preventDefault());
  apply();
}
if (location.hash.startsWith("#cell-")) open(location.hash.slice(1), false);
