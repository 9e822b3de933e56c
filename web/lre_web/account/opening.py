"""The accounts of an office, opened for its pages."""

from collections.abc import Sequence
from datetime import timedelta

from lre_kit.carriers.account_mail import AccountCourier
from lre_kit.identifiers.authenticator_enrolment import AuthenticatorEnrolment
from lre_kit.news.desk import forget_wishes
from lre_kit.office import PostOffice
from lre_kit.parties.accounts import Accounts
from lre_kit.parties.sessions import Sessions
from lre_kit.store.unit import UnitOfWork
from lre_kit.webhooks.ending import disable_all
from lre_web.account.factors import SecondSteps
from lre_web.account.session import AccountSite


def open_account_site(office: PostOffice) -> AccountSite:
    """Return what the account pages of an office work with."""
    settings, database, clock, people = office.settings, office.database, office.clock, office.people

    def end_what_runs(uow: UnitOfWork, refs: Sequence[str]) -> None:
        office.integration.keys.revoke_all(uow, refs)
        disable_all(uow, refs, at=clock())
        forget_wishes(uow, refs)
        office.preparing.drafts.erase_of(uow, refs)
        office.integration.uploads.erase_of(uow, refs)

    accounts = Accounts(
        database,
        clock=clock,
        pepper=office.keys.pepper,
        deliver=AccountCourier(office.outgoing, links=office.links, identity=office.identity).deliver,
        sessions=Sessions(
            database,
            clock=clock,
            idle=timedelta(seconds=settings.account_session_idle_s),
            longest=timedelta(seconds=settings.account_session_max_s),
        ),
        factors=people.register,
        on_closed=end_what_runs,
    )
    enrolment = AuthenticatorEnrolment(
        database,
        register=people.register,
        challenges=people.challenges,
        throttle=people.throttle,
        passwords=people.one_time_passwords,
    )
    steps = SecondSteps(
        database,
        register=people.register,
        codes=people.one_time_passwords,
        enrolment=enrolment,
        keys=people.security_keys,
        parcels=people.key_parcels,
    )
    return AccountSite(accounts=accounts, steps=steps, clock=clock)
