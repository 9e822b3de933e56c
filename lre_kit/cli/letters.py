"""``lre deposit``, ``letters``, ``show`` and ``export``."""

from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from lre_kit.carriers.notices import legal_time_text
from lre_kit.cli.operator_session import done_as_operator
from lre_kit.cli.retention import hold_command, holds_command, purge_command, release_command
from lre_kit.cli.shared import (
    json_option,
    letter_called,
    opened_office,
    paris_text,
    print_json,
    print_table,
    shown,
)
from lre_kit.errors import InputError, MissingFileError
from lre_kit.law.consents import Capacity, looks_personal
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import parse_product
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.several import recipient_of_text, to_each
from lre_kit.letters.terms import read_instant
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.values import Sender
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.status.touching import explained


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--to",
    "to",
    required=True,
    multiple=True,
    metavar="ADDRESS",
    help="Recipient's e-mail address, or “Name <address>”; repeated, each gets a letter, all or none.",
)
@click.option("--to-name", metavar="NAME", help="Recipient's name (default: the address).")
@click.option(
    "--to-capacity",
    type=click.Choice([capacity.value for capacity in Capacity]),
    default=Capacity.CONSUMER.value,
    show_default=True,
    help="In which capacity the recipient is addressed; only consumers must have consented (CPCE L. 100).",
)
@click.option("--to-basis", default="", metavar="TEXT", help="Why they are no consumer: a register number…")
@click.option("--from", "from_email", required=True, metavar="ADDRESS", help="Sender's e-mail address.")
@click.option("--from-name", metavar="NAME", help="Sender's name (default: the address).")
@click.option("--product", default="simple", show_default=True, help="qualified, simple, hybrid or optimal.")
@click.option("--subject", default="", help="What it is about; hidden until acceptance.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--postal-line", "lines", multiple=True, help="A line of the postal address, the name first.")
@click.option("--country", default="FR", show_default=True, help="Country of the postal address.")
@click.option("--colour", is_flag=True, help="Print in colour.")
@click.option("--single-sided", is_flag=True, help="Print on one side of each sheet.")
@click.option(
    "--electronic", default="simple", help="What an optimal letter goes on as: simple or qualified."
)
@click.option("--choice-days", type=int, help="Days to choose between electronic and paper.")
@click.option("--matter", default="ordinary", show_default=True, help="ordinary or co_ownership.")
@click.option("--reference", default="", metavar="TEXT", help="Your own reference; no recipient sees it.")
@click.option(
    "--notify-at", metavar="TIME", help="When the notice leaves, ISO 8601; legal time without a zone."
)
@click.option(
    "--pre-notice",
    default="",
    metavar="WHEN",
    help="Tell the recipient before: deposit, or days before the notice.",
)
@click.option("--idempotency-key", metavar="KEY", help="The same key gives the same letter.")
@json_option
def deposit_command(
    *,
    files: tuple[str, ...],
    to: tuple[str, ...],
    to_name: str | None,
    to_capacity: str,
    to_basis: str,
    from_email: str,
    from_name: str | None,
    product: str,
    subject: str,
    language: str,
    lines: tuple[str, ...],
    country: str,
    colour: bool,
    single_sided: bool,
    electronic: str,
    choice_days: int | None,
    matter: str,
    reference: str,
    notify_at: str | None,
    pre_notice: str,
    idempotency_key: str | None,
    as_json: bool,
) -> None:
    """Deposit FILE… as one letter, or as one for each of several recipients.

    \b
    Example:
      lre deposit lease.pdf --from me@example.org --to you@example.net --product simple
      lre deposit notice.pdf --from me@example.org --to "Ada <ada@example.net>" --to bob@example.net
    """
    if len(to) > 1 and (to_name or lines):
        msg = "A name or a postal address goes with one recipient only."
        raise InputError(msg, mend="Write names as “Name <address>”; send on paper to several in bulk.")
    recipients = [
        replace(
            (who := recipient_of_text(each)),
            name=to_name or who.name,
            postal=PostalAddress(lines=lines, country=country) if lines else None,
            capacity=Capacity(to_capacity),
            capacity_basis=to_basis,
        )
        for each in to
    ]
    common: dict[str, Any] = {
        "sender": Sender(ref=f"cli:{from_email}", name=from_name or from_email, email=from_email),
        "paper": PaperWish(
            options=PrintOptions(colour=colour, duplex=not single_sided),
            electronic=parse_product(electronic),
            choice_days=choice_days,
        ),
        "product": product,
        "subject": subject,
        "language": language,
        "matter": matter,
        "reference": reference,
        "notify_at": read_instant(notify_at or ""),
        "pre_notice": pre_notice,
    }
    with opened_office() as office, ExitStack() as stack:
        uploads = [_upload(name, stack) for name in files]
        if len(recipients) == 1:
            [recipient] = recipients
            made = office.desk.deposit(
                recipient=recipient, documents=uploads, idempotency_key=idempotency_key, **common
            )
            letters = [made]
        else:
            asked = to_each(recipients, uploads, idempotency_key=idempotency_key, **common)
            letters = office.desk.deposit_all(stack.enter_context(asked))
        if any(looks_personal(Capacity(to_capacity), each.email) for each in recipients):
            click.echo("Note: this address is no company's own; nothing was changed.", err=True)
    told = [{"number": each.number, "id": each.id, "deposited_at": each.deposited_at} for each in letters]
    if as_json:
        print_json(told if len(told) > 1 else told[0])
        return
    for each in letters:
        click.echo(f"Deposited as {each.number}. Follow it with: lre show {each.number}")


def _upload(name: str, stack: ExitStack) -> Upload:
    path = Path(name)
    try:
        return Upload(name=path.name, stream=stack.enter_context(path.open("rb")))
    except OSError as error:
        msg = f"The file {name} cannot be read: {error.strerror}."
        raise MissingFileError(msg, mend="Check its name and that you may read it.") from error


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option(
    "--text", default="", help="Words, or their beginnings: of numbers, names, addresses, subjects."
)
@json_option
@click.pass_context
def letters_command(ctx: click.Context, *, limit: int, text: str, as_json: bool) -> None:
    """List letters, newest first; or hold, release and purge them.

    \b
    Example:
      lre letters --text dupont --json
    """
    if ctx.invoked_subcommand is not None:
        return
    with opened_office() as office:
        found = office.reading.all_letters(limit=limit, text=text)
        total = office.reading.count(text=text)
    if as_json:
        print_json([asdict(letter) for letter in found])
        return
    rows = [
        (letter.number, letter.product.value, letter.phase.value, letter.recipient_name,
         f"{letter.deposited_at:%Y-%m-%d %H:%M}Z")
        for letter in found
    ]  # fmt: skip
    print_table(
        f"{len(found)} of {total} letters", ("Number", "Product", "State", "Recipient", "Deposited"), rows
    )


for _command in (hold_command, release_command, holds_command, purge_command):
    letters_command.add_command(_command)


@click.command()
@click.argument("number")
@json_option
def show_command(*, number: str, as_json: bool) -> None:
    """Show letter NUMBER and its timeline.

    \b
    Example:
      lre show 7K3M-9QXA-2PVD-ZC04
    """
    with opened_office() as office:
        letter = letter_called(office, number)
        timeline = office.reading.timeline(letter.id)
        told = explained(office, letter)
    if as_json:
        entries = [asdict(entry) for entry in timeline]
        print_json({"letter": asdict(letter), "timeline": entries, **told.to_json()})
        return
    click.echo(f"{letter.number}  {letter.product.value}  {letter.phase.value}")
    click.echo(f"To:      {letter.recipient.name} <{letter.recipient.email}>")
    click.echo(f"From:    {letter.sender.name} <{letter.sender.email}>")
    for document in letter.documents:
        click.echo(f"Content: {document.name} ({document.size_bytes} bytes, SHA-256 {document.digest_hex})")
    if (early := letter.pre_notice) is not None:
        when = paris_text(early.settled_at or early.planned_at)
        click.echo(f"Before:  pre-notice {early.state.value.replace('_', ' ')} {when} (it is not the notice)")
    if letter.window_closes_at:
        click.echo(f"Window:  open until {legal_time_text(letter.window_closes_at, 'en')}, exclusive")
    for dated in told.dates:
        click.echo(f"         {paris_text(dated.at)}  {dated.words.en} ({dated.rule})")
    for outage in told.outages:
        ends = paris_text(outage.ended_at) if outage.ended_at else "goes on"
        click.echo(
            f"Outage:  {outage.service.value} {paris_text(outage.began_at)} – {ends}"
            f" (evidence {outage.evidence_id or 'when it ends'}; it moves no date)"
        )
    rows = [
        (paris_text(entry.at), entry.name.value, ", ".join(entry.reasons), entry.evidence)
        for entry in timeline
    ]
    print_table("Timeline", ("When (Paris)", "Event", "Reason", "Evidence"), rows)


@click.command()
@click.argument("number")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), show_default="current folder")
@click.option("--container", is_flag=True, help="Also write all of it as one sealed file, NUMBER.asice.")
@json_option
def export_command(*, number: str, out: Path, container: bool, as_json: bool) -> None:
    """Write letter NUMBER's evidence, proofs and bundle below a folder.

    Where operators sign in, its documents stay out of it: whoever works for the office reads no letter.

    \b
    Example:
      lre export 7K3M-9QXA-2PVD-ZC04 --out proofs
    """
    with opened_office() as office:
        letter = letter_called(office, number)
        write_trust_folder(out / "trust", office.settings, office.keys, office.clock)
        documents = office.operators.entrance.is_local
        folder = office.issuer.export(letter.id, out / letter.number, documents=documents)
        if container:
            _write_container(office, letter, folder / f"{letter.number}.asice", documents=documents)
    if as_json:
        print_json({"folder": folder, "bundle": folder / "bundle", "trust": out / "trust"})
        return
    if not documents:
        click.echo("The documents were left out: operators sign in here, and read no letter.", err=True)
    click.echo(shown(f"Written to {folder}. Verify with: lre verify {folder / 'bundle'}"))


@click.command()
@click.argument("number")
@click.argument("address")
@click.option("--by", "operator", required=True, metavar="NAME", help="Who corrects it, for its sender.")
@click.option("--reason", default="", metavar="TEXT", help="Why; asked for where operators sign in.")
@json_option
def correct_address_command(*, number: str, address: str, operator: str, reason: str, as_json: bool) -> None:
    """Send letter NUMBER's notice to ADDRESS: a corrected address, a new window.

    \b
    Example:
      lre correct-address 7K3M-9QXA-2PVD-ZC04 jean.dupont@example.net --by olivia
    """
    with opened_office() as office:
        letter = letter_called(office, number)
        actor = {"role": "operator", "operator": operator}
        if not done_as_operator(
            office,
            Act.CORRECT_ADDRESS,
            letter.id,
            name=operator,
            reason=reason,
            facts={"email": address},
            direct=lambda: office.desk.correct_address(letter.id, address, actor=actor),
        ):
            return
    if as_json:
        print_json({"number": letter.number, "address": address})
        return
    click.echo(shown(f"A notice goes to {address}; a new window opens when it has left."))


@click.command()
@click.argument("number")
@click.option("--by", "operator", required=True, metavar="NAME", help="Who takes it back, for its sender.")
@click.option("--reason", default="", metavar="TEXT", help="Why; asked for where operators sign in.")
@json_option
def withdraw_command(*, number: str, operator: str, reason: str, as_json: bool) -> None:
    """Take letter NUMBER back, for its sender, while its notice has not left.

    \b
    Example:
      lre withdraw 7K3M-9QXA-2PVD-ZC04 --by olivia
    """
    with opened_office() as office:
        letter = letter_called(office, number)
        actor = {"role": "operator", "operator": operator}
        if not done_as_operator(
            office,
            Act.WITHDRAW,
            letter.id,
            name=operator,
            reason=reason,
            direct=lambda: office.desk.withdraw(letter.id, actor=actor),
        ):
            return
        now = office.reading.by_id(letter.id)
    if as_json:
        print_json({"number": now.number, "phase": now.phase.value})
        return
    click.echo(f"Letter {now.number} was taken back; its recipient was never told.")


def _write_container(office: PostOffice, letter: Letter, place: Path, *, documents: bool) -> None:
    # Under another name until it is whole: half a container must not be taken for one.
    part = place.with_suffix(".part")
    try:
        with part.open("wb") as file:
            office.issuer.container(letter.id, target=file, documents=documents)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
