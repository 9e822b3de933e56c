// Shows legal time beside the reader's own, where the two clocks differ. Without scripts, legal time stands alone.
"use strict";

for (const place of document.querySelectorAll("[data-instant]")) {
  const instant = new Date(place.dataset.instant);
  const language = document.documentElement.lang || "fr";
  const shape = { dateStyle: "full", timeStyle: "short" };
  const here = Intl.DateTimeFormat(language, { ...shape }).format(instant);
  const legal = Intl.DateTimeFormat(language, { ...shape, timeZone: "Europe/Paris" }).format(instant);
  if (here !== legal) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
    place.textContent = place.dataset.words.replace("{when}", here).replace("{zone}", zone);
    place.hidden = false;
  }
}
