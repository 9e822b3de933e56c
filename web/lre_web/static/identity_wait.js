// Follows what is handed in on the telephone; the page works without, by its link.
(() => {
  const told = document.getElementById("wait");
  const every = 4000;
  told.textContent = told.dataset.wait;
  const look = async () => {
    try {
      const answer = await fetch(told.dataset.progress, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        const { collecting, received } = await answer.json();
        if (!collecting) { window.location.assign(told.dataset.onward); return; }
        const words = received.length ? `${told.dataset.received} ${received.join(", ")}` : told.dataset.wait;
        if (told.textContent !== words) { told.textContent = words; }
      }
    } catch {
      // The network is away for a moment: the next look tells.
    }
    window.setTimeout(look, every);
  };
  window.setTimeout(look, every);
})();
