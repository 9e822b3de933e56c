// Keeps what is typed as a draft, a moment after the last key; the button does the same without scripts.
(() => {
  const form = document.getElementById("deposit"), told = document.getElementById("draft-told");
  let timer = 0, sending = false, again = false;
  const save = async () => {
    if (sending) { again = true; return; }
    sending = true;
    const fields = new FormData(form);
    fields.delete("documents");
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: fields, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const kept = await answer.json();
      form.elements.draft.value = kept.draft;
      told.textContent = kept.told;
    } catch { told.textContent = form.dataset.draftLost; }
    sending = false;
    if (again) { again = false; save(); }
  };
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
})();
