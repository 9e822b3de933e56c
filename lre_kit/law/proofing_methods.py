"""How an identity can be proofed (vérification initiale de l'identité), and which methods equal presence."""

from enum import StrEnum

from lre_kit.law.assurance import Means


class ProofingMethod(StrEnum):
    """A method of initial identity proofing (eIDAS art. 24(1); CPCE R. 53-1)."""

    FACE_TO_FACE = "face_to_face"
    """(a) Physical presence of the person."""
    EID = "eid"
    """(b) Remotely, with an electronic identity of level substantial or high."""
    CERTIFICATE = "certificate"
    """(c) A certificate of a qualified signature or seal."""
    OTHER_CERTIFIED = "other_certified"
    """(d) Another method that a conformity assessment body confirmed to equal presence."""
    REMOTE_VISUAL = "remote_visual"
    """Remote visual identification: a title and a video; substantial, not equal to presence."""


IN_PERSON_OR_EQUAL = frozenset(ProofingMethod) - {ProofingMethod.REMOTE_VISUAL}
"""Methods of eIDAS art. 24(1) (a) to (d), asked of the sender of a qualified letter (CPCE R. 53-1)."""

ANY_METHOD = frozenset(ProofingMethod)
"""No method is left out."""

VOUCHING_METHODS = {Means.EID: ProofingMethod.EID, Means.CERTIFICATE: ProofingMethod.CERTIFICATE}
"""Means whose issuer proofed the identity, and the method that using them amounts to."""


def method_named(text: str | None) -> ProofingMethod | None:
    """Return the method that a text names, by its own value or by that of the means it was done with."""
    if text is None:
        return None
    found = {**{method.value: method for method in ProofingMethod}, **_BY_MEANS}
    return found.get(text)


_BY_MEANS: dict[str, ProofingMethod] = {
    Means.VISUAL.value: ProofingMethod.REMOTE_VISUAL,
    **{means.value: method for means, method in VOUCHING_METHODS.items()},
}
