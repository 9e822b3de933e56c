"""Hooks before a deposit: the host refuses it with words of its own, or adds what only it knows.

A hook runs before content is taken in, so what it refuses leaves nothing behind. It runs once for each
deposit: a request that is repeated with the same idempotency key finds its letter without it. ::

    @office.deposit_hooks.add
    def only_customers(proposal: DepositProposal) -> DepositProposal | None:
        if not is_customer(proposal.recipient.email):
            raise DepositRefusedError("This is no customer of ours.", mend="Choose one from the list.")
        return replace(proposal, reference=reference_of(proposal))
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from lre_kit.errors import InputError, LreError, UnavailableError
from lre_kit.law.products import Product
from lre_kit.parties.values import Recipient, Sender

log = logging.getLogger(__name__)

ENRICHED = frozenset({"subject", "reference", "language", "notify_at"})
"""What a hook may change; who sends what to whom is the sender's word alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepositProposal:
    """A deposit as it was asked for, checked in form, before anything of it is kept."""

    sender: Sender
    recipient: Recipient
    product: Product
    subject: str
    reference: str
    language: str
    notify_at: datetime | None
    documents: tuple[str, ...]
    """Names of the documents; their content is not read yet."""


DepositHook = Callable[[DepositProposal], DepositProposal | None]
"""Returns nothing, or the proposal with `ENRICHED` fields changed; raises `DepositRefusedError` to refuse."""


class DepositRefusedError(InputError):
    """The host refuses this deposit, in words of its own; nothing was changed."""

    slug = "deposit-refused"


class HookFailedError(UnavailableError):
    """The host's own check of deposits failed; nothing was changed."""

    slug = "hook-failed"


class DepositHooks:
    """The hooks of one office, asked in the order in which they were added."""

    def __init__(self) -> None:
        """Begin without any."""
        self._hooks: tuple[DepositHook, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._hooks)

    def add(self, hook: DepositHook) -> DepositHook:
        """Ask `hook` before each deposit; returns it, so that it serves as a decorator."""
        self._hooks = (*self._hooks, hook)
        return hook

    def judge(self, proposal: DepositProposal) -> DepositProposal:
        """Return the proposal as the hooks leave it.

        Raises:
            DepositRefusedError: A hook refuses it.
            HookFailedError: A hook failed, or changed what it may not.
        """
        for hook in self._hooks:
            try:
                answer = hook(proposal)
            except DepositRefusedError:
                raise
            except LreError as error:
                raise _failed(hook, error.slug) from error
            except Exception as error:
                raise _failed(hook, type(error).__name__) from error
            if answer is not None:
                _expect_enriched(hook, proposal, answer)
                proposal = answer
        return proposal


def _expect_enriched(hook: DepositHook, before: DepositProposal, after: object) -> None:
    if not isinstance(after, DepositProposal):
        raise _failed(hook, f"it returned a {type(after).__name__}")
    changed = {
        each.name for each in fields(before) if getattr(before, each.name) != getattr(after, each.name)
    }
    if wrong := changed - ENRICHED:
        raise _failed(hook, f"it changed {', '.join(sorted(wrong))}")


def _failed(hook: DepositHook, why: str) -> HookFailedError:
    # The words of a foreign error may name people, so the log gets its class alone.
    log.error("deposit hook %s failed: %s", getattr(hook, "__qualname__", type(hook).__name__), why)
    msg = "The application's own check of this deposit failed, so nothing was deposited."
    return HookFailedError(msg, mend="Try again later; if it stays so, tell who runs the application.")
