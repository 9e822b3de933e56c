"""The error tree: one root, and below it one class per thing a caller can mend.

Rule: every class ends in ``Error``, has a stable ``slug`` (kebab case, never changed), an HTTP
``status``, and a message made of two sentences: what is wrong, and how to mend it. Messages are
safe to show: no secret, no personal data of another party, no path of the machine unless the
reader is its operator.
"""

from typing import ClassVar


class LreError(Exception):
    """Root of every error the kit raises on purpose."""

    slug: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 70

    def __init__(self, problem: str, *, mend: str) -> None:
        """Keep both sentences; `problem` says what is wrong, `mend` how to put it right."""
        super().__init__(f"{problem} {mend}")
        self.problem = problem
        self.mend = mend


class InputError(LreError):
    """Something the caller handed in cannot be used; nothing was changed."""

    slug = "invalid-input"
    status = 422
    exit_code = 65


class EmptyDocumentError(InputError):
    """A document has no bytes."""

    slug = "empty-document"


class MissingFileError(InputError):
    """A named file is not there or cannot be read."""

    slug = "missing-file"
    exit_code = 66


class DocumentTooLargeError(InputError):
    """A document, or the letter as a whole, is above the office's limit."""

    slug = "document-too-large"
    status = 413


class NotAPdfError(InputError):
    """A document that calls itself a PDF is not one."""

    slug = "not-a-pdf"


class UnsupportedDocumentError(InputError):
    """The office does not carry this type of document."""

    slug = "unsupported-document"
    status = 415


class InvalidAddressError(InputError):
    """An e-mail address cannot be one."""

    slug = "invalid-address"


class InvalidNameError(InputError):
    """A person's or organisation's name is empty, too long or holds control characters."""

    slug = "invalid-name"


class UnknownProductError(InputError):
    """No product has this name."""

    slug = "unknown-product"


class IdempotencyMismatchError(InputError):
    """The same idempotency key came back with another letter."""

    slug = "idempotency-mismatch"
    status = 409


class NotFoundError(LreError):
    """There is no such letter, document or proof (or the asker may not know of it)."""

    slug = "not-found"
    status = 404
    exit_code = 67


class UnlawfulActError(LreError):
    """The letter's state does not allow this act; nothing was changed."""

    slug = "unlawful-act"
    status = 409


class AlreadyDecidedError(UnlawfulActError):
    """The letter was accepted, refused or left unclaimed before this act."""

    slug = "already-decided"


class RequirementError(LreError):
    """Something the regime asks for this act is missing."""

    slug = "requirement-missing"
    status = 403


class IdentificationError(RequirementError):
    """The identification failed: wrong, used or expired code."""

    slug = "identification-failed"


class ConsentMissingError(RequirementError):
    """The recipient must have consented to the sender, and no consent counts (CPCE L. 100)."""

    slug = "consent-missing"


class ThrottledError(LreError):
    """Too many tries; the message says when to try again."""

    slug = "throttled"
    status = 429


class ConfigurationError(LreError):
    """The office's settings cannot work."""

    slug = "configuration"
    exit_code = 78


class NotInitialisedError(ConfigurationError):
    """The office has no keys or no tables yet."""

    slug = "not-initialised"


class MissingExtraError(ConfigurationError):
    """A feature was asked for whose extra is not installed."""

    slug = "missing-extra"
    exit_code = 69


class UnavailableError(LreError):
    """Something the office depends on does not answer; try again later."""

    slug = "unavailable"
    status = 503
    exit_code = 75


class StoreUnavailableError(UnavailableError):
    """The database is locked, read-only, full or gone."""

    slug = "store-unavailable"


class BlobUnavailableError(UnavailableError):
    """The content store cannot be read or written."""

    slug = "blob-store-unavailable"


class MailUnavailableError(UnavailableError):
    """No mail server takes our mail."""

    slug = "mail-unavailable"


class TimestampUnavailableError(UnavailableError):
    """No time-stamping authority answers."""

    slug = "timestamp-unavailable"


class SealUnavailableError(UnavailableError):
    """The seal key cannot be used."""

    slug = "seal-unavailable"


class EvidenceBacklogError(UnavailableError):
    """Evidence has waited too long for its seal, place or stamp; no deposit is taken until then."""

    slug = "evidence-backlog"


class IntegrityError(LreError):
    """Stored bytes are not the bytes that were stored."""

    slug = "integrity"


class WrongKeyError(IntegrityError):
    """A key does not open what it should open."""

    slug = "wrong-key"


class TimestampRejectedError(LreError):
    """A time-stamp token failed a check of RFC 3161 / RFC 5816; `check` names which."""

    slug = "timestamp-rejected"

    def __init__(self, problem: str, *, mend: str, check: str) -> None:
        """Keep the failed check's stable name, such as ``nonce`` or ``imprint``."""
        super().__init__(problem, mend=mend)
        self.check = check
