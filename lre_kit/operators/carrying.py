"""How each act is carried out: the kernel's own services do it, with the operator as actor.

Nothing is decided here: whoever calls has judged roles, and the services judge what the law and the state
of things allow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.identifiers.means import FINAL
from lre_kit.letters import commands
from lre_kit.letters.holds import NotHeldError, held
from lre_kit.letters.lifecycle import decide
from lre_kit.letters.reading import read_letter, state_of
from lre_kit.letters.reminders import remind_now
from lre_kit.operators import adopting, lists, moving
from lre_kit.operators import carrying_public as public
from lre_kit.operators.errors import OperatorInputError
from lre_kit.operators.journal import last_done
from lre_kit.operators.rules import RULES, Act
from lre_kit.operators.values import checked_reason

if TYPE_CHECKING:
    from lre_kit.office import PostOffice

RESEND_PAUSE = timedelta(hours=1)
"""Shortest time between two notices that operators send again for one letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """An act about to be carried out."""

    office: "PostOffice"
    act: Act
    subject_id: str
    operator: str
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def actor(self) -> dict[str, Any]:
        """Who acts, for the journals of the rooms."""
        return {"role": "operator", "operator": self.operator}


def kind_of(act: Act) -> str:
    """Return what an act is about: a letter, a duty, a case and so on."""
    kind = act.value.partition(".")[0]
    return "batch" if act in _OF_BATCHES else "item" if kind == "post" else kind


_OF_BATCHES = frozenset({Act.CLOSE_BATCH, Act.HAND_OVER_BATCH, Act.IMPORT_TRACKING})


def label_of(office: "PostOffice", act: Act, subject_id: str) -> str:
    """Return a subject's name for people: the number of a letter, else its id.

    Raises:
        NotFoundError: There is no such letter.
    """
    if kind_of(act) == "letter":
        return office.reading.by_id(subject_id).number
    if kind_of(act) == "request":
        try:
            return office.support.desk.info(subject_id).reference
        except NotFoundError:
            # Whoever may not act learns nothing of what there is; who may is told by the desk itself.
            return subject_id[:160]
    return subject_id[:160]


def expect_possible(work: Work) -> None:
    """Refuse to propose what the office would refuse now.

    Raises:
        LreError: As the act itself would.
    """
    checked_reason(work.reason, is_asked=RULES[work.act].asks_reason)
    office = work.office
    if work.act is Act.WITHDRAW:
        with office.database.read() as connection:
            letter = read_letter(connection, work.subject_id)
            state = state_of(connection, work.subject_id)
        decide(state, commands.Withdraw(), letter.requirements, office.clock())
    elif work.act is Act.RELEASE_HOLD:
        with office.database.read() as connection:
            if not held(connection, (work.subject_id,)):
                msg = "This letter is not on hold."
                raise NotHeldError(msg, mend="Nothing to release.")
    elif work.act is Act.REVOKE_MEANS:
        found = office.people.register.by_id(work.subject_id)
        if found.state in FINAL:
            msg = "This means has come to its end already."
            raise UnlawfulActError(msg, mend="Nothing to revoke.")
    elif work.act is Act.ADOPT_REGIME:
        adopting.drafted(str(work.facts.get("draft", "")))
        adopting.expect_base(office.settings, str(work.facts.get("base", "")))
    elif work.act is Act.ROTATE_KEY:
        expect_key_name(work.subject_id)


def told_of(work: Work) -> dict[str, str]:
    """Return what of an act's facts stands in the journal: what was typed is judged first, for it is sealed.

    Raises:
        OperatorInputError: It is not what was asked for.
    """
    told = {name: str(work.facts[name]) for name in RULES[work.act].told if name in work.facts}
    if work.act is Act.SETTLE_ACT:
        told["found"] = "done" if _was_done(work) else "not done"
    for name in ("until", "since"):
        if name in told:
            moving.instant_typed(told[name], now=work.office.clock())
    if work.act is Act.ADOPT_REGIME:
        # Of the very text that is carried out, whatever digest came with it.
        told["digest"] = adopting.digest_of(str(work.facts.get("draft", "")).encode())
    return told


def carry_out(work: Work) -> Any:
    """Carry an act out, and return what its service answers.

    Raises:
        LreError: As the service says; nothing was changed then.
    """
    return carriers()[work.act](work)


def _correct_address(work: Work) -> Any:
    return work.office.desk.correct_address(work.subject_id, str(work.facts["email"]), actor=work.actor)


def _resend_notice(work: Work) -> None:
    office, now = work.office, work.office.clock()
    with office.database.read() as connection:
        last = last_done(connection, f"letter:{work.subject_id}")
    if last is not None and last.act == Act.RESEND_NOTICE and now - last.at < RESEND_PAUSE:
        msg = "The notice was sent again within the hour."
        raise UnlawfulActError(msg, mend="Wait: more mail in a short time looks like fraud.")
    remind_now(office.database, work.subject_id, at=now)


def _retry_duty(work: Work) -> None:
    if not work.office.agenda.revive(work.subject_id):
        msg = "This duty was not given up, or is done by now."
        raise UnlawfulActError(msg, mend="Look at the agenda again.")


def _move_duty(*, later: bool) -> Callable[[Work], Any]:
    def carry(work: Work) -> Any:
        office, row = work.office, lists.duty(work.office.database, work.subject_id)
        until = str(work.facts["until"])
        return moving.move(
            office.agenda, row["key"], until, action=row["action"], later=later, now=office.clock()
        )

    return carry


def _decide_case(work: Work) -> Any:
    return work.office.people.reviews.decide(
        work.subject_id, work.operator, reason=work.reason, **dict(work.facts)
    )


def _means(act: str) -> Callable[[Work], Any]:
    return lambda work: work.office.people.means_desk.act(
        work.subject_id, act, operator=work.operator, reason=work.reason
    )


def _reprint(work: Work) -> Any:
    from lre_kit.postroom.items import item_by_number

    return work.office.post.batches.reprint(item_by_number(work.office.database, work.subject_id).id)


def _import_tracking(work: Work) -> Any:
    return work.office.post.import_file(work.facts["content"], source=str(work.facts["source"]))


def _note_return(work: Work) -> Any:
    from lre_kit.postroom.items import item_by_number
    from lre_kit.postroom.values import CarrierNews

    found = item_by_number(work.office.database, work.subject_id)
    news = CarrierNews(source="pnd", raw_code=str(work.facts["code"]).upper())
    return work.office.post.tracking.take(found, news)


def _attach_scan(work: Work) -> Any:
    from lre_kit.letters.commands import PaperFile
    from lre_kit.letters.values import Upload
    from lre_kit.postroom.items import item_by_number

    found = item_by_number(work.office.database, work.subject_id)
    upload = Upload(name=str(work.facts["name"]), stream=[work.facts["content"]])
    return work.office.post.files.take(found, PaperFile.ACKNOWLEDGEMENT, upload, page=1)


def _note_printed(work: Work) -> Any:
    return work.office.people.ordering.orders.destroy_spool(work.subject_id, actor=work.actor)


def _note_delivered(work: Work) -> Any:
    return work.office.people.ordering.orders.delivered(work.subject_id, actor=work.actor, reason=work.reason)


def _adopt(work: Work) -> str:
    draft, base = str(work.facts["draft"]), str(work.facts.get("base", ""))
    digest = adopting.adopt(work.office.settings, draft, base=base)
    # What new rules call for on their days is planned at once; processes that run read them by themselves.
    work.office.people.opened()
    return digest


def _rotate_key(work: Work) -> bool:
    from lre_kit.proofs.keys.rotation import rotate

    name = expect_key_name(work.subject_id)
    return rotate(work.office.settings, name, clock=work.office.clock)


def expect_key_name(text: str) -> Any:
    """Return which key is meant.

    Raises:
        NotFoundError: There is no such key.
    """
    if text not in {"seal", "tsa", "log", "kek"}:
        raise NotFoundError("There is no such key.", mend="The keys are: seal, tsa, log, kek.")
    return text


def _replay_webhook(work: Work) -> int:
    now = work.office.clock()
    since = moving.instant_typed(str(work.facts["since"]), now=now, is_past=True)
    return work.office.webhooks.desk.replay(work.subject_id, since=since, until=now, only_missed=True)


def _handed_in(name: str) -> Callable[[Work], Any]:
    # Writing a file is the face's; that it was written, by whom and why, is the kernel's.
    return lambda work: work.facts[name]()


def _audit(work: Work) -> Any:
    # Handed in: the auditor stands above the office, and nothing below may know it.
    return work.facts["audit"](work.office)


def _renew(work: Work) -> int:
    brought = work.office.restamper.bring_forward()
    if not brought:
        msg = "No renewal of time stamps is planned."
        raise NotFoundError(msg, mend="One is planned when something was stamped.")
    return brought


def _was_done(work: Work) -> bool:
    found = str(work.facts.get("found", "")).strip().casefold()
    if found not in {"done", "not done", "faite", "pas faite"}:
        msg = "Say whether it was done."
        raise OperatorInputError(msg, mend="Look at what it was about, then type: done, or not done.")
    return found in {"done", "faite"}


def _settle_act(work: Work) -> None:
    is_done = _was_done(work)
    work.office.operators.journal.settle(work.subject_id, is_done=is_done, at=work.office.clock())


def _answer_request(work: Work) -> str:
    support, facts = work.office.support, work.facts
    text, template = str(facts.get("text", "")), str(facts.get("template", ""))
    if template and not text.strip():
        request = support.desk.show(work.subject_id)
        found = support.templates.get(template, request.info.language)
        text = found.filled(name=request.asking.name, reference=request.info.reference)
    return support.desk.answer(work.subject_id, text, by=work.operator)


def carriers() -> Mapping[Act, Callable[[Work], Any]]:
    """Return how each act is carried out."""
    return {
        Act.CORRECT_ADDRESS: _correct_address,
        Act.RESEND_NOTICE: _resend_notice,
        Act.WITHDRAW: lambda work: work.office.desk.withdraw(work.subject_id, actor=work.actor),
        Act.HOLD: lambda work: work.office.desk.hold(
            work.subject_id, reason=work.reason, actor=work.operator
        ),
        Act.RELEASE_HOLD: lambda work: work.office.desk.release_hold(
            work.subject_id, reason=work.reason, actor=work.operator
        ),
        Act.DISMISS_REPORT: lambda work: work.office.misdirected.dismiss(work.subject_id),
        Act.RETRY_DUTY: _retry_duty,
        Act.WITHDRAW_CONSENT: lambda work: work.office.consents.desk.withdraw_for(
            work.subject_id, actor=work.actor, reason=work.reason
        ),
        Act.CLAIM_CASE: lambda work: work.office.people.reviews.claim(work.subject_id, work.operator),
        Act.RELEASE_CASE: lambda work: work.office.people.reviews.release(work.subject_id, work.operator),
        Act.DECIDE_CASE: _decide_case,
        Act.ACCEPT_MEANS: _means("activate"),
        Act.SUSPEND_MEANS: _means("suspend"),
        Act.RESUME_MEANS: _means("resume"),
        Act.REVOKE_MEANS: _means("revoke"),
        Act.CLOSE_BATCH: lambda work: work.office.post.batches.close(work.subject_id),
        Act.HAND_OVER_BATCH: lambda work: work.office.post.batches.hand_over(
            work.subject_id, work.office.post.provider
        ),
        Act.REPRINT: _reprint,
        Act.AUDIT_LOG: _audit,
        Act.RENEW_STAMPS: _renew,
        Act.ASSIGN_REQUEST: lambda work: work.office.support.desk.assign(
            work.subject_id, to=str(work.facts.get("to", work.operator))
        ),
        Act.ANSWER_REQUEST: _answer_request,
        Act.NOTE_REQUEST: lambda work: work.office.support.desk.note(
            work.subject_id, str(work.facts.get("text", "")), by=work.operator
        ),
        Act.CLOSE_REQUEST: lambda work: work.office.support.desk.close(work.subject_id),
        Act.POSTPONE_DUTY: _move_duty(later=True),
        Act.BRING_FORWARD_DUTY: _move_duty(later=False),
        Act.IMPORT_TRACKING: _import_tracking,
        Act.NOTE_RETURN: _note_return,
        Act.ATTACH_SCAN: _attach_scan,
        Act.NOTE_PRINTED: _note_printed,
        Act.NOTE_DELIVERED: _note_delivered,
        Act.ADOPT_REGIME: _adopt,
        Act.ROTATE_KEY: _rotate_key,
        Act.TEST_WEBHOOK: lambda work: work.office.webhooks.desk.test(work.subject_id),
        Act.DISABLE_WEBHOOK: lambda work: work.office.webhooks.desk.disable(work.subject_id),
        Act.ENABLE_WEBHOOK: lambda work: work.office.webhooks.desk.enable(work.subject_id),
        Act.REPLAY_WEBHOOK: _replay_webhook,
        Act.REVOKE_API_KEY: lambda work: work.office.integration.keys.revoke(work.subject_id),
        Act.EXPORT: _handed_in("write"),
        Act.PUBLISH_ANNOUNCEMENT: public.publish,
        Act.END_ANNOUNCEMENT: public.take_down,
        Act.OPEN_INCIDENT: public.open_incident,
        Act.UPDATE_INCIDENT: public.update_incident,
        Act.END_INCIDENT: public.end_incident,
        Act.SETTLE_ACT: _settle_act,
    }
