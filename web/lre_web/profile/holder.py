"""Whether it is the holder who hands on what is theirs: a password that was set by e-mail is not enough.

Whoever reads a mailbox can set a new password. They must not thereby send the next sheet of codes to
themselves, nor receive registered letters by a mandate they gave in the holder's name.
"""

from datetime import datetime

from lre_kit.errors import RequirementError
from lre_kit.law.assurance import Factor, Level
from lre_kit.parties.proofing_values import Proofing
from lre_web.account.session import current_account, current_session
from lre_web.frame.people import has_accounts
from lre_web.profile.site import office, person


class HolderUnsureError(RequirementError):
    """The password was set anew by e-mail, and nothing else shows that this is the holder.

    Mend it with one of the holder's own means, or by identifying them again.
    """

    slug = "holder-unsure"


class NotIdentifiedError(RequirementError):
    """Who gives a mandate was never identified, so nobody knows in whose name it is given."""

    slug = "not-identified"


def check_holder() -> None:
    """Check that the holder is here; where a host logs people in, that is the host's to say.

    Raises:
        HolderUnsureError: Only a password shows it, which was set by e-mail after they were identified
            or got their means.
    """
    if not has_accounts():
        return
    account, session = current_account(), current_session()
    assert account is not None
    assert session is not None
    mailed = account.password_mailed_at
    if any(_is_older(each, mailed) for each in session.factors) or not _has_something_older(mailed):
        return
    proofing = _proofing()
    if proofing is None or proofing.began_at < mailed:
        msg = "A new password was set by e-mail since this person was identified."
        raise HolderUnsureError(msg, mend="Show one of the means they had before, or identify them again.")


def check_identified() -> None:
    """Check that the holder is here and was identified, as who gives a mandate must have been.

    Raises:
        NotIdentifiedError: They were not, since they have this account.
        HolderUnsureError: See `check_holder`.
    """
    if not has_accounts():
        return
    proofing = _proofing()
    if proofing is None or proofing.level is Level.LOW:
        msg = "This person was not identified yet."
        raise NotIdentifiedError(msg, mend="Identify them, then give the mandate.")
    check_holder()


def _proofing() -> Proofing | None:
    """Return a proofing that is not from before the account: that may be another reader's of its mailbox."""
    account = current_account()
    since = account.created_at if account is not None else None
    return office().people.identity.proofing_of(person().id, office().clock(), since=since)


def _is_older(factor: Factor, mailed: datetime) -> bool:
    """Tell whether a factor is of a means that was there before the password was set by e-mail."""
    if factor.identifier_id is None:
        return False
    return office().people.register.by_id(factor.identifier_id).created_at < mailed


def _has_something_older(mailed: datetime) -> bool:
    """Tell whether there is something to guard: a proofing or a means from before the password."""
    held = office().people.register.of(person().id)
    return _proofing() is not None or any(one.created_at < mailed for one in held)
