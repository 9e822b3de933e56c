// Shows new messages as they arrive, without touching what is being read or copied when there are none.
(() => {
  const shown = document.getElementById("messages");
  const look = async () => {
    const answer = await fetch(window.location.href).catch(() => null);
    if (!answer || !answer.ok) { return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("messages");
    if (fresh && fresh.innerHTML !== shown.innerHTML) { shown.replaceChildren(...fresh.childNodes); }
  };
  window.setInterval(look, 2000);
})();
