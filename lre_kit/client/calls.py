"""The client: one method for each operation of the API."""

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Literal, Self, cast

from lre_kit.client import shapes
from lre_kit.client.asking import Asker, Document, Form, as_files, place
from lre_kit.client.base import plain
from lre_kit.client.credentials import ClientCredentials
from lre_kit.client.hooks import HookCalls
from lre_kit.client.people import PeopleCalls
from lre_kit.client.rules import RuleCalls
from lre_kit.client.sandbox import SandboxCalls
from lre_kit.client.transport import Transport, usual_transport
from lre_kit.client.uploading import UploadCalls, is_large

Language = Literal["fr", "en"]


class LreClient(UploadCalls, HookCalls, SandboxCalls, PeopleCalls, RuleCalls):
    """Talks to an office's API with one key, or with access tokens that it fetches and renews.

    What breaks on the way is tried again, each act under its own idempotency key: nothing is done twice.

    Args:
        address: Where the office's pages are, such as ``https://lettres.example/lre``.
        key: A key of the API, or how to get access tokens of an issuer that the office accepts.
        transport: How requests travel; by default httpx, or the standard library without it.

    Example:
        >>> with LreClient("https://lettres.example/lre", key) as office:       # doctest: +SKIP
        ...     office.deposit({"name": "Ada", "email": "ada@example.net"}, ["notice.pdf"])
    """

    def __init__(
        self, address: str, key: str | ClientCredentials, *, transport: Transport | None = None
    ) -> None:
        """Keep the key; nothing is sent before the first call.

        Raises:
            ConfigurationError: The address would send the key in the clear.
        """
        self._asker = Asker(address, key, transport or usual_transport())

    def identify(self, given: str | None) -> None:
        """Send a pass for qualified letters with each act from now on, or none any more.

        Args:
            given: As the page of the sender's keys showed it; it serves this key for an hour.
        """
        self._asker.identification = given

    # --- letters ----------------------------------------------------------------------------------

    def deposit(
        self,
        recipient: shapes.RecipientAsked,
        documents: Iterable[Document],
        *,
        idempotency_key: str | None = None,
        **terms: Any,
    ) -> shapes.LetterTold:
        """Deposit a letter; documents go in parts first where one of them is large.

        Args:
            recipient: Who is addressed.
            documents: Paths, or names with contents; none where `terms` name `uploads`.
            idempotency_key: Of your own, where you keep one through restarts of your program.
            terms: Further fields of `shapes.LetterAsked`: product, subject, reference, in_name_of…

        Raises:
            ProblemError: The office refuses it.
            OfficeUnreachableError: No answer came.
        """
        told, documents = {"recipient": recipient, **plain(terms)}, list(documents)
        body: Form | dict[str, Any] = Form("letter", told, as_files("documents", documents))
        if any(is_large(each) for each in documents):
            keys = [f"{idempotency_key}:{n}" if idempotency_key else None for n in range(len(documents))]
            sent = [self.upload(each, idempotency_key=key) for each, key in zip(documents, keys, strict=True)]
            body = {**told, "uploads": sent}
        elif terms.get("uploads"):
            body = told
        return cast("shapes.LetterTold", self._post("/letters", told=body, idempotency_key=idempotency_key))

    def letters(self, **which: Any) -> Iterator[shapes.LetterLine]:
        """Yield your letters, the newest first, page by page.

        Args:
            which: organisation, phase, product, reference, q, since, until, limit (of a page).
        """
        return cast("Iterator[shapes.LetterLine]", self._pages("/letters", which))

    def letter(self, number: str) -> shapes.LetterTold:
        """Return a letter as it stands."""
        return cast("shapes.LetterTold", self._get(place("letters", number)))

    def timeline(self, number: str) -> list[shapes.ActTold]:
        """Return a letter's journal, the first act first."""
        return cast("shapes.TimelineTold", self._get(place("letters", number, "timeline")))["items"]

    def withdraw(self, number: str, *, etag: str | None = None) -> shapes.LetterTold:
        """Take a letter back whose notice has not left; with `etag`, only if it is still what you read."""
        path = place("letters", number, "withdraw")
        return cast("shapes.LetterTold", self._post(path, etag=etag))

    def correct_address(self, number: str, email: str, *, etag: str | None = None) -> shapes.LetterTold:
        """Correct the recipient's e-mail address."""
        path = place("letters", number, "address")
        return cast("shapes.LetterTold", self._post(path, told={"email": email}, etag=etag))

    def correct_postal_address(self, number: str, postal: shapes.PostalAsked) -> shapes.LetterTold:
        """Post a letter that came back to a corrected postal address."""
        path = place("letters", number, "postal-address")
        return cast("shapes.LetterTold", self._post(path, told=postal))

    def etag(self, number: str) -> str:
        """Return what says that a letter is as you read it."""
        return self._asker.ask("GET", place("letters", number)).headers["etag"]

    def proofs(self, number: str) -> list[shapes.ProofTold]:
        """Return a letter's proofs."""
        return cast("shapes.ProofsTold", self._get(place("letters", number, "proofs")))["items"]

    def proof(
        self,
        number: str,
        kind: str,
        *,
        form: Literal["pdf", "json", "xml"] = "pdf",
        language: Language | None = None,
    ) -> bytes:
        """Return a proof as sealed PDF, or its evidence as JSON or XML."""
        query = {"format": form, "language": language}
        return self._asker.ask("GET", place("letters", number, "proofs", kind), query=query).body

    def container(self, number: str, *, documents: bool = True) -> bytes:
        """Return all there is of a letter as one sealed file (ASiC-E)."""
        query = {"documents": str(documents).lower()}
        return self._asker.ask("GET", place("letters", number, "container"), query=query).body

    def document(self, number: str, position: int) -> bytes:
        """Return a document as it was deposited."""
        return self._asker.ask("GET", place("letters", number, "documents", str(position))).body

    # --- consents ---------------------------------------------------------------------------------

    def ask_consent(self, name: str, email: str, **more: Any) -> shapes.ConsentTold:
        """Ask a recipient for consent; `more`: phone, regime, language."""
        told = {"name": name, "email": email, **more}
        return cast("shapes.ConsentTold", self._post("/consents", told=told))

    def consents(self, **which: Any) -> Iterator[shapes.ConsentTold]:
        """Yield your consents, the newest first; `which`: state, regime, q, limit (of a page)."""
        return cast("Iterator[shapes.ConsentTold]", self._pages("/consents", which))

    def consent(self, consent_id: str) -> shapes.ConsentTold:
        """Return a consent as it stands."""
        return cast("shapes.ConsentTold", self._get(place("consents", consent_id)))

    def withdraw_consent(self, consent_id: str, reason: str) -> shapes.ConsentTold:
        """Note a withdrawal that reached you another way."""
        path = place("consents", consent_id, "withdraw")
        return cast("shapes.ConsentTold", self._post(path, told={"reason": reason}))

    def consent_proof(self, consent_id: str, *, language: Language | None = None) -> bytes:
        """Return the proof of a consent or its withdrawal as sealed PDF."""
        path = place("consents", consent_id, "proof")
        return self._asker.ask("GET", path, query={"language": language}).body

    # --- in bulk ----------------------------------------------------------------------------------

    def check_bulk(self, table: Document, **wish: Any) -> shapes.BulkReportTold:
        """Check every line of a table; nothing is kept. `wish`: fields of `shapes.BulkAsked`."""
        form = Form("bulk", wish, [("table", table)])
        return cast("shapes.BulkReportTold", self._post("/bulk/check", told=form))

    def draft_bulk(self, table: Document, documents: Iterable[Document], **wish: Any) -> shapes.BulkTold:
        """Check a table and keep it with its documents; `start_bulk` sends it."""
        form = Form("bulk", wish, [("table", table), *as_files("documents", documents)])
        return cast("shapes.BulkTold", self._post("/bulk", told=form))

    def bulk_sendings(self, **which: Any) -> Iterator[shapes.BulkTold]:
        """Yield your bulk sendings, the newest first."""
        return cast("Iterator[shapes.BulkTold]", self._pages("/bulk", which))

    def bulk(self, bulk_id: str) -> shapes.BulkTold:
        """Return how far a bulk sending is."""
        return cast("shapes.BulkTold", self._get(place("bulk", bulk_id)))

    def start_bulk(self, bulk_id: str) -> shapes.BulkTold:
        """Begin to send a bulk sending, or go on with a paused one."""
        return cast("shapes.BulkTold", self._post(place("bulk", bulk_id, "start")))

    def pause_bulk(self, bulk_id: str) -> shapes.BulkTold:
        """Send no further line until it is started again."""
        return cast("shapes.BulkTold", self._post(place("bulk", bulk_id, "pause")))

    def stop_bulk(self, bulk_id: str) -> shapes.BulkTold:
        """Send no further line, for ever."""
        return cast("shapes.BulkTold", self._post(place("bulk", bulk_id, "stop")))

    def bulk_result(self, bulk_id: str) -> bytes:
        """Return what became of each line, as CSV."""
        return self._asker.ask("GET", place("bulk", bulk_id, "result")).body

    # --- the key, and the connection --------------------------------------------------------------

    def key(self) -> shapes.KeyTold:
        """Return what your key is and opens."""
        return cast("shapes.KeyTold", self._get("/key"))

    def close(self) -> None:
        """Let go of connections."""
        self._asker.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
