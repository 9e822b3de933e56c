// Sends a picture or film by the page's own form, with progress; what is wrong is said, nothing is lost.

export const complain = (before, title, told) => {
  document.querySelectorAll("main .summary").forEach((old) => old.remove());
  const summary = document.createElement("div");
  summary.className = "summary";
  summary.tabIndex = -1;
  summary.setAttribute("role", "alert");
  const heading = document.createElement("h2");
  heading.textContent = title;
  const text = document.createElement("p");
  text.textContent = told;
  summary.append(heading, text);
  before.before(summary);
  summary.focus();
};

// Resolves with the address to go on to; rejects with what the server's page says, or with nothing.
export const send = (form, blob, name, onProgress) => new Promise((resolve, reject) => {
  const fields = new FormData(form);
  fields.delete("picture");
  fields.append("picture", blob, name);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.upload.addEventListener("progress", (step) => {
    if (step.lengthComputable) { onProgress(100 * step.loaded / step.total); }
  });
  request.addEventListener("load", () => {
    if (request.status < 400) { resolve(request.responseURL); return; }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const told = page.querySelector(".summary p, #main .lead");
    reject(told ? told.textContent : "");
  });
  request.addEventListener("error", () => reject(""));
  request.addEventListener("timeout", () => reject(""));
  request.send(fields);
});
