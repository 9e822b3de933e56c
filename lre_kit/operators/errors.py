"""What stops an operator."""

from datetime import datetime

from lre_kit.clock import local_text
from lre_kit.errors import InputError, LreError, UnlawfulActError
from lre_kit.operators.rules import RULES, VIEWS, Act, View


class OperatorInputError(InputError):
    """A name, role or reason of an operator cannot be used; nothing was changed."""

    slug = "operator-input"


class SignInError(LreError):
    """Name, password and code do not belong together, or the account is disabled; never which."""

    slug = "operator-sign-in"
    status = 401
    exit_code = 77

    def __init__(self) -> None:
        """Say the one sentence."""
        super().__init__(
            "Name, password and code do not belong together.",
            mend="Type them again, with a code that was not used yet; or ask for: lre operator reset.",
        )


class NewPasswordDueError(LreError):
    """The password is the first one: another has to be chosen; the code was not used up."""

    slug = "operator-password-due"
    status = 403
    exit_code = 77

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("This password is only for the first time.", mend="Choose one of your own.")


class NotSignedInError(LreError):
    """The operator's session is over: locked, expired, or their rights were changed."""

    slug = "operator-not-signed-in"
    status = 401
    exit_code = 77

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("You are not signed in any more.", mend="Sign in again; nothing was changed.")


class NotAllowedError(LreError):
    """The operator has no role that may do this; nothing was changed."""

    slug = "operator-not-allowed"
    status = 403
    exit_code = 77

    def __init__(self, act: Act) -> None:
        """Name the roles that may."""
        self.act = act
        names = ", ".join(sorted(role.value for role in RULES[act].roles))
        super().__init__(
            f"Your roles do not allow you to {RULES[act].english}.", mend=f"Ask an operator who is: {names}."
        )


class NotForYouError(LreError):
    """The operator has no role that may look at this."""

    slug = "operator-not-for-you"
    status = 403
    exit_code = 77

    def __init__(self, view: View) -> None:
        """Name the roles that may."""
        names = ", ".join(sorted(role.value for role in VIEWS[view]))
        super().__init__("Your roles do not allow you to look at this.", mend=f"It is for: {names}.")


class SecondPersonError(LreError):
    """Whoever proposed an act cannot also agree to it."""

    slug = "operator-same-person"
    status = 403
    exit_code = 77

    def __init__(self) -> None:
        """Say who can."""
        super().__init__("You proposed this yourself.", mend="Another operator has to agree.")


class OvertakenError(UnlawfulActError):
    """It was done already; `name` and `at` say by whom and when."""

    slug = "operator-overtaken"

    def __init__(self, *, act: Act, name: str, at: datetime) -> None:
        """Name who did what, and when."""
        self.act, self.name, self.at = act, name, at
        msg = f"This was done already: “{RULES[act].english}” by {name} at {local_text(at)}."
        super().__init__(msg, mend="Look again; nothing of yours was changed.")
