// Keys of the list: / n j k x ?; off for whoever says so (WCAG 2.1.4). Nothing here is needed to work.
(() => {
  const dialog = document.getElementById("keys"), toggle = document.getElementById("keys-on"), opener = document.querySelector(".keys-open");
  if (!dialog || !dialog.showModal) return;
  const links = () => [...document.querySelectorAll(".rows > li > a")];
  const kept = () => { try { return localStorage.getItem("lre-keys") !== "off"; } catch { return true; } };
  toggle.checked = kept();
  toggle.addEventListener("change", () => { try { localStorage.setItem("lre-keys", toggle.checked ? "on" : "off"); } catch { /* not kept */ } });
  opener.hidden = false;
  opener.addEventListener("click", () => dialog.showModal());
  const move = (step) => {
    const all = links(), row = document.activeElement.closest(".rows > li"), at = all.findIndex((one) => one.closest("li") === row);
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    if (next) next.focus();
  };
  const acts = {
    "/": () => document.getElementById("q")?.focus(),
    n: () => document.querySelector("[data-key=n]")?.click(),
    j: () => move(1), k: () => move(-1),
    x: () => document.activeElement.closest(".rows > li")?.querySelector("input[type=checkbox]")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), select, textarea, dialog[open]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "?") { event.preventDefault(); dialog.showModal(); return; }
    if (toggle.checked && acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });
})();
