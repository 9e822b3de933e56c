"""What a dropped file is, its content says: browsers and mail programs name files as they like."""

import io

import pytest

from lre_kit.testing.office import identify
from lre_web.testing import ThrowawaySite, send_form


@pytest.mark.parametrize(
    "name", ["proof", ".pdf", "proof.pdf.download", "proof.json", "../../preuve (1).PDF"]
)
def test_a_proof_is_valid_under_whatever_name_it_comes(site: ThrowawaySite, name: str) -> None:
    site.actor = None
    letter = site.letter()
    site.office.desk.accept(letter.id, identify(site.office, letter))
    site.office.run_until_idle()
    file = (io.BytesIO(site.office.issuer.make(letter.id, "receipt")), name)
    answer = send_form(site.client(), "/lre/verify?lang=en", "/lre/verify", proof=file)
    assert "The proof is valid" in answer.text
