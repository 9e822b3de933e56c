"""The play mode: an office, its pages and a development mailbox, for two browser tabs."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from lre_kit.faces import load_face
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_kit.setup import prepare


def play(folder: Path, *, port: int, say: Callable[[str], None]) -> None:
    """Serve an office below `folder` on `port` until interrupted; keeps what is there."""
    with ExitStack() as stack:
        mailbox = stack.enter_context(load_face("mailbox")())
        settings = Settings(
            home=folder / "office",
            base_url=f"http://127.0.0.1:{port}",
            smtp_host="127.0.0.1",
            smtp_port=mailbox.port,
            smtp_security="none",
            mail_from="notices@demo.example",
            provider_name="LRE Kit demo",
            accounts="off",
        )
        for line in prepare(settings):
            say(line)
        office = stack.enter_context(PostOffice.open(settings))
        stack.enter_context(load_face("jobs")(office))
        say(f"\nSender:    {settings.base_url}/")
        say(f"Recipient: {settings.base_url}/mailbox   (the notices arrive here)")
        say("Open both in two tabs. Ctrl-C stops; the office stays in " + str(settings.home))
        load_face("serve")(load_face("web")(office, mailbox=mailbox), host="127.0.0.1", port=port)
