// Drag and drop, the list of chosen files, and upload progress; the form works without any of it.
(() => {
  const form = document.getElementById("deposit");
  const input = document.getElementById("documents");
  const drop = document.getElementById("drop");
  const chosen = document.getElementById("chosen");
  const progress = document.getElementById("progress");
  const status = document.getElementById("status");

  const list = () => {
    chosen.replaceChildren(...[...input.files].map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name} (${Math.ceil(file.size / 1024).toLocaleString()} kB)`;
      return item;
    }));
  };
  input.addEventListener("change", list);
  for (const name of ["dragover", "dragenter"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; list(); }
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.upload.addEventListener("progress", (step) => {
      if (step.lengthComputable) { progress.value = 100 * step.loaded / step.total; }
    });
    request.addEventListener("load", () => {
      if (request.status < 400) { window.location.assign(request.responseURL); return; }
      // The page that answers is ours: show it in place of this one, focus on what is wrong.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.getElementById("main");
      const summary = page.querySelector(".summary, main");
      document.querySelectorAll("#main > .summary").forEach((old) => old.remove());
      if (summary && main) { document.getElementById("main").insertBefore(summary, form); summary.focus(); }
      button.disabled = false; progress.hidden = true; status.textContent = "";
    });
    request.addEventListener("error", () => { button.disabled = false; progress.hidden = true; form.submit(); });
    button.disabled = true; progress.hidden = false; progress.value = 0;
    status.textContent = form.dataset.sending;
    request.send(new FormData(form));
  });
})();
