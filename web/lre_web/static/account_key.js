// Asks the browser for a security key and sends its answer with the form; nothing else.
"use strict";
(() => {
  const button = document.querySelector("button[data-key]");
  const form = document.getElementById("key-form");
  if (!button || !form || !window.PublicKeyCredential) { return; }
  button.hidden = false;
  form.querySelector(".key-without")?.remove();
  for (const each of form.querySelectorAll(".key-with")) { each.hidden = false; }
  const problem = form.querySelector(".key-problem");
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const plain = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const decoded = (options) => {
    const list = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));
    const made = { ...options, challenge: bytes(options.challenge) };
    if (options.user) { made.user = { ...options.user, id: bytes(options.user.id) }; }
    if (options.excludeCredentials) { made.excludeCredentials = list(options.excludeCredentials); }
    if (options.allowCredentials) { made.allowCredentials = list(options.allowCredentials); }
    return made;
  };
  const encoded = (found) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (found.response[name]) { response[name] = plain(found.response[name]); }
    }
    if (found.response.getTransports) { response.transports = found.response.getTransports(); }
    return {
      id: found.id, rawId: plain(found.rawId), type: found.type, response,
      authenticatorAttachment: found.authenticatorAttachment,
      clientExtensionResults: found.getClientExtensionResults(),
    };
  };
  button.addEventListener("click", async () => {
    problem.hidden = true;
    button.disabled = true;
    try {
      const answer = await fetch(button.dataset.options, {
        method: "POST", headers: { "X-Form-Token": form.elements.form_token.value, "Accept": "application/json" },
      });
      if (!answer.ok) { throw new Error("refused"); }
      const asked = await answer.json();
      const options = { publicKey: decoded(asked.options) };
      const found = button.dataset.key === "create"
        ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
      form.elements.challenge.value = asked.challenge;
      form.elements.answer.value = JSON.stringify(encoded(found));
      form.requestSubmit();
    } catch {
      problem.hidden = false;
      button.disabled = false;
    }
  });
})();
