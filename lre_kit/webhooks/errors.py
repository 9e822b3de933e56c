"""What can be wrong with an endpoint, or with a webhook that was received."""

from lre_kit.errors import InputError, LreError, ThrottledError, UnlawfulActError


class WebhookAddressError(InputError):
    """An address cannot be told anything: not https, or it leads where no webhook may go."""

    slug = "webhook-address"


class WebhookLimitError(InputError):
    """A sender has as many endpoints as one may have, or a range holds too many events."""

    slug = "webhook-limit"


class WebhookTypeError(InputError):
    """An endpoint asks for a type of event that there is not."""

    slug = "webhook-type"


class WebhookDisabledError(UnlawfulActError):
    """The endpoint is disabled, and what was asked for needs an active one."""

    slug = "webhook-disabled"


class WebhookTooSoonError(ThrottledError):
    """The endpoint was tested a moment ago."""

    slug = "webhook-too-soon"


class WebhookSignatureError(LreError):
    """What was received is not a webhook of this office for this endpoint, or is too old."""

    slug = "webhook-signature"
    status = 401
    exit_code = 1
