"""A courier that keeps messages instead of sending them."""

from email.message import EmailMessage

from lre_kit.carriers.mail import MailAnswer, MailOutcome


class MemoryCourier:
    """Takes every message, or answers what it was told to answer next."""

    def __init__(self) -> None:
        """Start empty."""
        self.messages: list[EmailMessage] = []
        self.answers: list[MailAnswer | Exception] = []
        self.return_paths: list[str | None] = []

    def send(self, message: EmailMessage, *, return_path: str | None = None) -> MailAnswer:
        """Keep the message; give the next scripted answer, or accept."""
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        self.messages.append(message)
        self.return_paths.append(return_path)
        return MailAnswer(MailOutcome.ACCEPTED, code=250)

    def ping(self) -> str:
        """Say that it is always there."""
        return "in memory"

    def text_of(self, place: int = -1) -> str:
        """Return the plain text of a kept message, by default the last."""
        body = self.messages[place].get_body(("plain",))
        return str(body.get_content()) if body else ""
