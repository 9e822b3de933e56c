// Keeps a letter's page up to date: short server-sent events say that it moved on, then its live parts are fetched.
(() => {
  const live = document.querySelector("[data-news]"), told = document.getElementById("moved-on");
  if (!live || !window.EventSource) return;
  let sign = live.dataset.sign;
  const news = new EventSource(live.dataset.news);
  news.addEventListener("state", async (event) => {
    if (event.data === sign) return;
    const answer = await fetch(window.location.pathname, { headers: { Accept: "text/html", "LRE-By-Itself": "1" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Only what nobody types in is replaced.
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
      if (fresh) part.replaceChildren(...fresh.childNodes);
    }
    sign = event.data;
    told.textContent = told.dataset.words;
  });
  window.addEventListener("pagehide", () => news.close());
})();
