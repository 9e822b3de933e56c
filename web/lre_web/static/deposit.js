// Drag and drop, the list of chosen files, and upload progress; the form works without any of it.
(() => {
  const form = document.getElementById("deposit");
  const input = document.getElementById("documents");
  const drop = document.getElementById("drop");
  const chosen = document.getElementById("chosen");
  const progress = document.getElementById("progress");
  const status = document.getElementById("status");
  const button = form.querySelector("button[type=submit]");
  const kilobytes = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "kilobyte" });

  const list = () => {
    chosen.replaceChildren(...[...input.files].map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name} (${kilobytes.format(Math.ceil(file.size / 1000))})`;
      return item;
    }));
  };
  for (const name of ["change", "kept"]) { input.addEventListener(name, list); }
  list();

  // A file that misses the box must not replace the page by itself.
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => event.preventDefault());
  }
  for (const name of ["dragover", "dragenter"]) {
    drop.addEventListener(name, () => drop.classList.add("over"));
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    const all = new DataTransfer();
    for (const file of [...input.files, ...event.dataTransfer.files]) { all.items.add(file); }
    input.files = all.files;
    input.dispatchEvent(new Event("change"));
  });

  input.addEventListener("kept", (event) => { if (event.detail) { complain(event.detail); } });

  const settle = () => { button.disabled = false; progress.hidden = true; status.textContent = ""; };

  const complain = (words) => {
    settle();
    document.querySelectorAll(".summary, .again").forEach((old) => old.remove());
    const summary = document.createElement("div");
    summary.className = "summary";
    summary.tabIndex = -1;
    summary.setAttribute("role", "alert");
    const title = document.createElement("h2");
    title.textContent = form.dataset.problem;
    const told = document.createElement("p");
    told.textContent = words;
    summary.append(title, told);
    form.before(summary);
    summary.focus();
  };

  form.addEventListener("submit", (event) => {
    // Previews open in a tab of their own, and drafts are kept: neither deposits anything.
    if (event.submitter && "aside" in event.submitter.dataset) { return; }
    event.preventDefault();
    const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
    if (size > Number(form.dataset.limit)) { complain(form.dataset.tooLarge); return; }
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) { progress.value = 100 * step.loaded / step.total; }
    });
    request.addEventListener("load", () => {
      if (request.status < 400) { window.location.assign(request.responseURL); return; }
      // The page that answers says what is wrong; here, the form and its files stay as they are.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const told = page.querySelector(".summary p, #main .lead");
      complain(told ? told.textContent : form.dataset.lost);
    });
    request.addEventListener("error", () => complain(form.dataset.lost));
    progress.value = 0;
    progress.hidden = false;
    button.disabled = true;
    status.textContent = form.dataset.sending;
    request.send(new FormData(form));
  });
  // Coming back with the browser's own button finds a form that can be used.
  window.addEventListener("pageshow", settle);
})();
