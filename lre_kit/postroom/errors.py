"""What can go wrong in the post room."""

from lre_kit.errors import ConfigurationError, InputError, UnavailableError, UnlawfulActError


class NotPrintableError(InputError):
    """A document cannot be printed as it is; nothing was changed. `reason` is a short stable word."""

    slug = "not-printable"

    def __init__(self, problem: str, *, mend: str, reason: str = "unreadable") -> None:
        """Keep why: ``encrypted``, ``fonts``, ``page-size``, ``javascript``, ``xfa``, ``too-large``."""
        super().__init__(problem, mend=mend)
        self.reason = reason


class NoPostalAddressError(InputError):
    """A letter that may go by post has no postal address."""

    slug = "no-postal-address"


class TooManySheetsError(InputError):
    """A letter does not fit into any envelope the office has."""

    slug = "too-many-sheets"


class ChoiceTimeError(InputError):
    """The time to choose between electronic and paper is outside its bounds."""

    slug = "choice-time"


class NoPostRoomError(ConfigurationError):
    """This office hands nothing to the post."""

    slug = "no-post-room"
    # What its caller asks for is at fault, not the office: another product goes.
    status = 422


class ItemNumberError(InputError):
    """A range of item numbers cannot be used, or a number is not one."""

    slug = "item-number"


class BatchStateError(UnlawfulActError):
    """A batch is not in the state this act needs."""

    slug = "batch-state"


class CarrierFileError(InputError):
    """A carrier's file cannot be read at all."""

    slug = "carrier-file"


class PrintProviderError(UnavailableError):
    """The print provider does not answer, or not as agreed."""

    slug = "print-provider"


class TrackingError(UnavailableError):
    """The carrier's tracking does not answer, or not as agreed."""

    slug = "tracking"


class PrintBusyError(UnavailableError):
    """Too many documents are being prepared for printing at once."""

    slug = "print-busy"


class BatchConflictError(PrintProviderError):
    """The provider already holds another batch under this number."""

    slug = "batch-conflict"
