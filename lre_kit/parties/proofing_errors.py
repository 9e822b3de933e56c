"""What can go wrong with an identity case, each in words its reader can act on."""

from lre_kit.errors import InputError, LreError, RequirementError, UnlawfulActError
from lre_kit.parties.titles import TitleVerdict


class IncompleteCaseError(RequirementError):
    """Something is missing before the case can be submitted; `missing` names it by slugs."""

    slug = "identity-case-incomplete"
    status = 409

    def __init__(self, missing: tuple[str, ...]) -> None:
        """Keep what is missing, as in `CaseView.missing`."""
        words = ", ".join(slug.replace("_", " ") for slug in missing)
        super().__init__(f"The case is not complete: {words}.", mend="Add it, then submit again.")
        self.missing = missing


class TitleRefusedError(InputError):
    """A title that cannot count; `verdict` has the reason and words in both languages."""

    slug = "title-refused"

    def __init__(self, verdict: TitleVerdict) -> None:
        """Keep the verdict."""
        super().__init__(verdict.en, mend="Show another title: an identity card or a passport in date.")
        self.verdict = verdict


class CaseClosedError(UnlawfulActError):
    """The case takes nothing more from the person."""

    slug = "identity-case-closed"


class CaseTakenError(LreError):
    """Another operator holds the case, or it no longer waits."""

    slug = "identity-case-taken"
    status = 409


class NotYourCaseError(LreError):
    """The operator does not hold the case, or holds it no more."""

    slug = "identity-case-not-held"
    status = 409


class OwnCaseError(LreError):
    """Nobody judges their own identity, or twice in one round."""

    slug = "identity-case-own"
    status = 403


class VerdictError(RequirementError):
    """A verdict lacks what it needs; `missing` names unticked checks."""

    slug = "verdict-incomplete"
    status = 422

    def __init__(self, problem: str, *, mend: str, missing: tuple[str, ...] = ()) -> None:
        """Keep the keys of what is not ticked."""
        super().__init__(problem, mend=mend)
        self.missing = missing
