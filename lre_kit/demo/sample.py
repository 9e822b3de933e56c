"""A two-page sample letter, made on the spot."""

import tempfile
from datetime import datetime
from pathlib import Path

_SOURCE = """
#set document(title: "Résiliation de bail", date: datetime(year: {year}, month: {month}, day: {day}))
#set page(paper: "a4", margin: 25mm, numbering: "1 / 1")
#set text(lang: "fr", size: 11pt)
#set par(justify: true, leading: 0.8em)

Hélène Faÿ \\
12 rue de l'Été, 75011 Paris

#v(1cm)
#align(right)[Paris, le {day:02}/{month:02}/{year}]
#v(1cm)

*Objet : résiliation du bail du logement, 8 quai des Brumes*

Madame, Monsieur,

Je vous informe par la présente de ma décision de résilier le bail qui nous lie, avec le préavis
prévu au contrat. L'état des lieux de sortie pourra se tenir à la date qui vous conviendra.

#v(1cm)
#align(right)[_Hélène Faÿ_]

#pagebreak()
= Annexe : relevé des compteurs

#table(columns: (2fr, 1fr, 1fr), inset: 8pt,
  [*Compteur*], [*Relevé*], [*Unité*],
  [Eau froide], [1 204], [m³],
  [Électricité], [38 911], [kWh],
  [Gaz], [7 420], [m³])
"""


def sample_pdf(at: datetime) -> bytes:
    """Return a two-page PDF letter dated `at`."""
    import typst

    source = _SOURCE.replace("{day:02}", f"{at.day:02}").replace("{month:02}", f"{at.month:02}")
    for name in ("year", "month", "day"):
        source = source.replace("{" + name + "}", str(getattr(at, name)))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "letter.typ"
        place.write_text(source, encoding="utf-8")
        return typst.compile(str(place))
