// Keeps what is typed as a draft, a moment after the last key, and documents when they are chosen; the button
// does the same without scripts.
(() => {
  const form = document.getElementById("deposit"), told = document.getElementById("draft-told");
  const files = document.getElementById("documents"), kept = document.getElementById("kept-documents");
  const progress = document.getElementById("progress"), status = document.getElementById("status");
  const buttons = form.querySelectorAll("button[type=submit]");
  let timer = 0, sending = false, again = false, leaving = false;

  const post = (fields, onward) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.dataset.draft);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    if (onward) request.upload.addEventListener("progress", (step) => { if (step.lengthComputable) onward(100 * step.loaded / step.total); });
    request.addEventListener("load", () => resolve({ code: request.status, got: request.response || {} }));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => reject(new Error(name)));
    request.send(fields);
  });
  const tell = (problem) => files.dispatchEvent(new CustomEvent("kept", { detail: problem || "" }));
  // What is under way would be sent twice if the form left meanwhile.
  const busy = (is) => {
    buttons.forEach((button) => { button.disabled = is; });
    progress.hidden = !is; progress.value = 0;
    status.textContent = is ? form.dataset.draftSending : "";
  };

  const save = async () => {
    if (leaving) return;
    if (sending) { again = true; return; }
    const fields = new FormData(form), chosen = [...files.files];
    if (!chosen.length) fields.delete("documents");
    if (chosen.reduce((sum, file) => sum + file.size, 0) > Number(form.dataset.limit)) { tell(form.dataset.tooLarge); return; }
    sending = true;
    clearTimeout(timer);
    if (chosen.length) busy(true);
    try {
      const { code, got } = await post(fields, chosen.length ? (share) => { progress.value = share; } : null);
      if (code !== 200) throw new Error(String(code));
      form.elements.draft.value = got.draft;
      told.textContent = got.told;
      if (got.documents !== undefined) {
        kept.innerHTML = got.documents;
        // The box is empty again: what could be kept is in the list, what could not is told.
        files.value = "";
        files.required = !kept.querySelector("[name=kept]");
        tell(got.problem);
      }
    } catch { told.textContent = form.dataset.draftLost; }
    sending = false;
    if (chosen.length) busy(false);
    if (again) { again = false; save(); }
  };
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    clearTimeout(timer);
    leaving = false;
    timer = setTimeout(save, 1500);
  });
  files.addEventListener("change", () => { leaving = false; save(); });
  form.addEventListener("submit", (event) => { clearTimeout(timer); leaving = !(event.submitter && event.submitter.formTarget); });
})();
