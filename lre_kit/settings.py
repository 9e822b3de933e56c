"""Everything an operator may set, with its meaning and unit. Environment prefix ``LRE_``."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lre_kit.clock import PARIS
from lre_kit.law.reminders import parse_plan


class Settings(BaseSettings):
    """Settings of one office; each field may be given as ``LRE_<FIELD>`` or as an argument."""

    model_config = SettingsConfigDict(env_prefix="LRE_", extra="forbid", frozen=True)

    home: Path = Path("lre-office")
    """Folder that holds what is not elsewhere: database, content, keys, public log."""
    database_url: str | None = None
    """SQLAlchemy URL; by default ``sqlite:///<home>/office.db``. PostgreSQL: ``postgresql+psycopg://…``."""
    blob_url: str | None = None
    """Content store; by default the folder ``<home>/blobs``. S3: ``s3://bucket/prefix``."""
    s3_endpoint: str | None = None
    """Endpoint of an S3-compatible service; empty means AWS."""
    s3_region: str = "eu-west-3"
    """Region named in S3 signatures."""
    s3_access_key_id: str | None = None
    """S3 access key; empty means the ambient credentials."""
    s3_secret_access_key: SecretStr | None = None
    """S3 secret key."""
    broker_url: str | None = None
    """``redis://…`` or ``amqp://…``; empty means jobs run inside the serving process."""

    base_url: str = "http://127.0.0.1:8000"
    """Address under which recipients reach the office; links are built from it, never from a request."""
    sender_url: str = ""
    """Address under which senders reach the office, on another host name than `base_url`: notices and
    recipients' pages then live on the neutral one alone, senders' pages on this one. Empty: both there."""
    provider_name: str = "LRE Kit office"
    """Name of the provider in notices, pages and proofs."""
    sender_name: str = "Demo sender"
    """Name of the one sender of ``lre serve`` when `accounts` is ``off``."""
    sender_email: str = "sender@example.org"
    """E-mail address of that sender."""
    accounts: Literal["on", "off"] = "on"
    """``on``: people log in to ``lre serve`` with accounts of their own; ``off``: it has that one sender."""
    account_session_idle_s: int = Field(default=1800, ge=60)
    """Seconds after which a session of an account ends that nobody uses."""
    account_session_max_s: int = Field(default=43_200, ge=300)
    """Longest life of a session of an account, used or not, in seconds."""
    provider_policy: str = "urn:lre-kit:policy:non-qualified"
    """EvidenceIssuerPolicyID (EN 319 522-3): URI of the policy evidence is issued under."""
    evidence_version: str = "EN319522v1.1.1"
    """``version`` of evidence records; sources disagree (1.1.1 or 1.2.1), hence a setting."""
    log_origin: str | None = None
    """Origin line of checkpoints; by default ``<host of base_url>/lre-log``."""
    public_log_url: str | None = None
    """Where the log is published: by default ``<home>/public-log``, ``s3://bucket/prefix``; empty: none."""
    clamd: str = ""
    """Where a clamd scans documents: ``host:port``, or the path of its socket; empty: nothing is scanned."""
    clamd_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds to wait for each of its answers."""
    font_folder: Path | None = None
    """Folder with further fonts for proofs, printed pages and merged letters, besides the system's own."""
    log_witnesses: Path | None = None
    """File of witnesses to ask for cosignatures (C2SP tlog-policy: ``witness <name> <vkey> <url>``)."""
    witness_timeout_s: float = Field(default=5.0, gt=0)
    """Seconds to wait for each answer of a witness."""
    seal_trust_reference: str | None = None
    """Trust-list entry of the seal's issuer; without it no letter may call itself qualified."""
    timestamp_trust_reference: str | None = None
    """Trust-list entry of the time-stamping authority; without it no letter may call itself qualified."""

    seal_pkcs11_module: Path | None = None
    """PKCS#11 library of the token that holds the seal key; empty means the key is ``keys/seal.key``."""
    seal_pkcs11_token: str | None = None
    """Label of that token."""
    seal_pkcs11_pin: SecretStr | None = None
    """User PIN of that token."""
    seal_pkcs11_label: str = "lre-seal"
    """Label of the key pair in it."""

    tsa_url: str | None = None
    """RFC 3161 authority over HTTP(S); empty means the built-in, non-qualified one."""
    tsa_policy: str | None = None
    """Policy OID to ask for and to insist on."""
    tsa_anchor_file: Path | None = None
    """PEM file of the root(s) that tokens from `tsa_url` must chain to."""
    tsa_timeout_s: float = 10.0
    """Seconds to wait for the authority."""
    tsa_file: Path | None = None
    """TOML file of several authorities, asked in order; takes the place of the `tsa_…` settings above."""
    restamp_before_days: float = Field(default=90.0, ge=0)
    """Days before its certificate's end from which what an authority stamped is stamped anew."""
    clock_tolerance_s: float = 60.0
    """Largest disagreement accepted between our clock and a token, in seconds."""
    batch_max: int = Field(default=4096, ge=1)
    """Largest number of evidence records under one checkpoint; 1 gives a token per act."""
    evidence_alarm_s: float = 60.0
    """Age in seconds from which waiting evidence is reported as an alarm."""
    evidence_stop_s: float = 14_400.0
    """Age in seconds from which waiting evidence stops new deposits."""

    smtp_host: str | None = None
    """Mail server; without one no notice can leave."""
    smtp_port: int = 25
    """Port of the mail server."""
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    """How the connection is protected."""
    smtp_user: str | None = None
    """Account on the mail server."""
    smtp_password: SecretStr | None = None
    """Password of that account."""
    smtp_ca_file: Path | None = None
    """PEM file of roots to trust for the mail server besides the system's."""
    smtp_timeout_s: float = 20.0
    """Seconds to wait for each answer of the mail server."""
    mail_from: str = "notices@localhost.localdomain"
    """Neutral address notices come from; never the sender's."""
    mail_return_address: str = Field(default="", pattern=r"^$|^[A-Za-z0-9._-]{1,15}@[A-Za-z0-9.-]+$")
    """Address that delivery reports come back to, such as ``bounces@notices.example``; the mail server must
    take ``bounces+anything@`` too. Empty: reports go to `mail_from` and are not read."""
    reminders: str = "3,7,12,last"
    """Days after a notice on which its recipient is reminded, and ``last`` for the last day; empty: never."""
    dkim_key_file: Path | None = None
    """RSA key (PEM) that signs mail (DKIM, RFC 6376); empty: the mail server signs, or nobody does."""
    dkim_selector: str = "lre"
    """Selector of that key: its record stands at ``<selector>._domainkey.<domain of mail_from>``."""
    sms_url: str | None = None
    """Address of a gateway for short messages (requests for consent); empty: everything goes by e-mail."""
    sms_token: SecretStr | None = None
    """Bearer token of that gateway."""
    sms_sender: str = Field(default="LRE", max_length=11)
    """Name or number that short messages come from."""
    imap_host: str | None = None
    """Server of the mailbox that delivery reports are fetched from; empty: they are piped to us."""
    imap_port: int = 993
    """Its port."""
    imap_security: Literal["tls", "none"] = "tls"
    """How the connection is protected; ``none`` is for the same machine only."""
    imap_ca_file: Path | None = None
    """PEM file of roots to trust for it; by default the system's."""
    imap_user: str | None = None
    """Account."""
    imap_password: SecretStr | None = None
    """Password of that account."""
    imap_folder: str = "INBOX"
    """Folder that reports arrive in."""
    imap_done_folder: str = "LRE-done"
    """Folder that reports are moved to once they were read; made if it is missing."""
    imap_every_min: float = Field(default=5.0, gt=0)
    """Minutes between two looks into the mailbox."""

    post_provider: Literal["off", "spool", "sftp", "http"] = "off"
    """Who prints and posts: ``off``: nobody, and no letter goes on paper; a folder; SFTP; an HTTP API."""
    post_spool: Path | None = None
    """Folder that batches are handed over into with ``spool``; by default ``<home>/post-room``."""
    post_url: str | None = None
    """Where batches are handed over: ``sftp://user@host:22/folder``, or the provider's HTTP API."""
    post_token: SecretStr | None = None
    """Bearer token of that API."""
    post_key_file: Path | None = None
    """Private key for SFTP (OpenSSH form)."""
    post_known_hosts: Path | None = None
    """Host keys to trust for SFTP (``known_hosts``); no other host is talked to."""
    post_timeout_s: float = Field(default=30.0, gt=0)
    """Seconds to wait for each answer of the provider or of the carrier's tracking."""
    post_return_address: str = ""
    """Address that undelivered letters come back to, lines separated by ``|``; printed above the window."""
    post_mark: Literal["datamatrix", "omr", "none"] = "datamatrix"
    """Mark on each sheet by which machines keep a letter together."""
    post_batch_max: int = Field(default=500, ge=1)
    """Most letters in one batch."""
    post_close_at: str = Field(default="", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")
    """Legal time at which the open batch is closed, such as ``16:00``; empty: by hand."""
    post_tracking_url: str | None = None
    """Tracking API in the shape of “Suivi” v2, such as ``https://api.laposte.fr/suivi/v2``; empty: none."""
    post_tracking_key: SecretStr | None = None
    """Its key, sent as ``X-Okapi-Key``."""
    post_tracking_h: float = Field(default=6.0, gt=0)
    """Hours between two questions about the same item."""

    operator_entrance: Literal["local", "accounts"] = "local"
    """Who works at the console: ``local``: whoever may open the office's files, with all roles, alone;
    ``accounts``: operators with password, code and roles (``lre operator add``); then some acts take two."""
    operator_idle_min: float = Field(default=10.0, gt=0)
    """Minutes without a key after which the console locks; with ``local`` it never does."""
    operator_session_h: float = Field(default=12.0, gt=0)
    """Longest session of an operator, in hours."""

    status_every_s: float = Field(default=60.0, ge=5)
    """Seconds between two rounds of the probes behind the status page (``lre serve`` and ``lre work``)."""
    help_folder: Path | None = None
    """Folder of help articles (``<name>.fr.md``), before those of the kit."""
    policies_folder: Path | None = None
    """Folder of documents offered for download on the page of trust: policies, conditions, reports."""
    security_contact: str = ""
    """Where to tell of a weakness, for ``security.txt`` (RFC 9116): ``mailto:…`` or ``https://…``."""
    support_email: str | None = None
    """Address to which people reply when the office answers a request; `imap_host` may read its mailbox."""
    support_notify: str | None = None
    """Operators' own address, to which the office writes when a request or a reply comes in, without saying
    who asks or what. Empty: operators look into the list."""
    support_phone: str = ""
    """Telephone number shown with the opening hours; empty: none."""
    support_hours: Path | None = None
    """TOML file of the opening hours; by default those of the kit."""
    support_answers: Path | None = None
    """Folder of answers to begin from (``<name>.fr.md``), before those of the kit."""
    support_keep_days: int = Field(default=365, ge=1)
    """Days after which a closed request is forgotten, with all that was said."""

    webhook_http: Literal["on", "off"] = "off"
    """``on``: webhooks may go to plain http addresses; for development only."""
    webhook_private_hosts: str = ""
    """Hosts of your own (``host`` or ``host:port``, commas between them) that webhooks may reach though they
    have private addresses or ports of their own; metadata services of clouds stay out of reach."""
    webhook_ca_file: Path | None = None
    """PEM file of roots to trust for webhooks besides the system's."""
    webhook_log_days: int = Field(default=30, ge=7)
    """Days for which what was delivered by webhooks is remembered."""

    log_form: Literal["plain", "json", "console"] = "plain"
    """How ``lre serve`` and ``lre work`` write their log: as the system is set up, one JSON object a line, or
    for people; the latter two with request and letter ids, and redacted."""
    metrics_token: SecretStr | None = Field(default=None, min_length=16)
    """Bearer token with which Prometheus reads ``/metrics``; empty: there is no such page."""
    health_cache_s: float = Field(default=5.0, ge=0)
    """Seconds for which what ``/readyz`` found is told again without looking."""
    health_queue_age_s: float = Field(default=900.0, gt=0)
    """Age in seconds of the oldest duty that is due, from which the office does not call itself ready."""

    document_max_bytes: int = 50 * 1024 * 1024
    """Largest document, in bytes."""
    letter_max_bytes: int = 200 * 1024 * 1024
    """Largest letter, all documents together, in bytes."""
    documents_max: int = 50
    """Largest number of documents in a letter."""
    bulk_lines_max: int = Field(default=10_000, ge=1)
    """Most letters in one bulk sending."""
    api_requests_per_minute: int = Field(default=600, ge=1)
    """Requests that one key of the API may make within a minute."""
    api_issuers: Path | None = None
    """TOML file of authorization servers whose access tokens open the API (OAuth 2.0); empty: none."""
    translations: Path | None = None
    """Folder of translators' files, ``fr.po`` or ``en/LC_MESSAGES/lre.mo``, whose sentences take the place of
    the pages' own; empty: none."""
    identity_service_h: int = Field(default=48, ge=1)
    """Promised time from handing in an identity case to its verdict, in hours."""
    retention_content_days: int = Field(default=366, ge=30)
    """Days for which a letter's content is kept after its end; then its key is destroyed. Proofs are kept."""
    retention_proofs_days: int | None = Field(default=None, ge=366)
    """Days for which evidence and proofs are kept after a letter's end; then the whole letter is let go of.
    By default for good. The law asks for a year (CPCE R. 53-2, R. 53-3)."""
    retention_identity_days: int | None = Field(default=None, ge=2562)
    """Days for which results of identity checks and identification means are kept after their end, with what
    was shown by them. By default ten years; at least seven (EN 319 411-1)."""
    retention_consents_days: int | None = Field(default=None, ge=366)
    """Days for which a consent that was refused, withdrawn or lapsed is kept; then it is let go of whole,
    once no letter refers to it. By default for good."""
    retention_consent_scans_days: int | None = Field(default=None, ge=366)
    """Days for which the scan of a paper consent is kept after the consent's end; by default five years."""
    identity_images_days: int = Field(default=30, ge=1)
    """Days for which pictures of identity documents are kept after the verdict; then they are shredded."""
    identity_biometrics_h: int = Field(default=96, ge=1)
    """Hours for which face pictures and films are kept after the verdict."""
    identity_two_reviewers: bool = False
    """Whether an identity verdict takes two operators who agree."""
    identity_allow_specimens: bool = False
    """Whether specimen documents pass; for sandboxes only."""
    identity_provider_url: str = ""
    """Where identity cases are announced to a certified provider that takes them over; empty: none does."""
    identity_provider_name: str = ""
    """Its name, as people read it and as it stands in evidence: at most 40 characters."""
    identity_provider_key_id: str = ""
    """How that provider knows the office; empty: by the provider's own name."""
    identity_provider_secret: SecretStr | None = None
    """Shared with that provider, 32 characters or more: signs what the office sends, and its messages."""
    identity_provider_public_key: str = ""
    """Its Ed25519 key in base64, where it signs its messages by that instead of the secret."""
    identity_provider_method: Literal["remote_visual", "other_certified"] = "remote_visual"
    """What its proofings count as; the other is for a method that is certified to equal presence."""
    certificate_issuers: Path | None = None
    """File or folder of the issuers whose certificates identify persons; empty: none do."""
    certificate_proxy_addresses: str = ""
    """Addresses or networks of proxies that check client certificates, separated by commas; empty: none."""
    certificate_proxy_secret: SecretStr | None = None
    """What only that proxy and the office know, sent in ``X-LRE-Proxy-Secret``; 32 characters or more."""
    certificate_proxy_form: Literal["url-encoded-pem", "client-cert"] = "url-encoded-pem"
    """How that proxy writes the certificate: as nginx does, or as RFC 9440 says (``Client-Cert``)."""
    certificate_proxy_header: str = ""
    """Name of the header that holds the certificate; empty: the form's own."""
    security_keys_posted: Literal["on", "off"] = "off"
    """``on``: the office keeps security keys in stock, people order them, and the post room encloses one."""
    eid_providers: Path | None = None
    """TOML file of OpenID Connect providers of electronic identities; empty: none."""
    consent_valid_days: int = Field(default=0, ge=0)
    """Days for which a recipient's consent counts before it is asked for anew; 0: until it is withdrawn."""
    code_ttl_s: int = 600
    """Life of an e-mailed one-time code, in seconds (ASVS 6.5.5: at most ten minutes)."""
    code_attempts_max: int = 5
    """Tries at one e-mailed code before it dies."""
    session_ttl_s: int = 1800
    """Life of a recipient's identified session, in seconds."""

    @field_validator("reminders")
    @classmethod
    def _reminders(cls, text: str) -> str:
        parse_plan(text)
        return text

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.home / 'office.db'}"

    @property
    def blobs(self) -> str:
        """The content store's URL in force."""
        return self.blob_url or (self.home / "blobs").absolute().as_uri()

    @property
    def public_log(self) -> str | None:
        """The published log's URL in force, or nothing if it is not published."""
        if self.public_log_url is None:
            return (self.home / "public-log").absolute().as_uri()
        return self.public_log_url or None

    @property
    def post_return_lines(self) -> tuple[str, ...]:
        """Lines of the address for returns; the provider's name stands first."""
        lines = (line.strip() for line in self.post_return_address.split("|"))
        return (self.provider_name, *(line for line in lines if line))

    @property
    def post_tracking_every(self) -> timedelta:
        """Span between two questions about the same item."""
        return timedelta(hours=self.post_tracking_h)

    def post_closes_after(self, at: datetime) -> datetime | None:
        """Return the next instant at which the open batch is closed, if the office has an hour for it."""
        if not self.post_close_at:
            return None
        local = at.astimezone(PARIS)
        due = datetime.combine(local.date(), time.fromisoformat(self.post_close_at), tzinfo=PARIS)
        if due <= local:
            tomorrow = local.date() + timedelta(days=1)
            due = datetime.combine(tomorrow, time.fromisoformat(self.post_close_at), tzinfo=PARIS)
        return due.astimezone(UTC)

    @property
    def keys_folder(self) -> Path:
        """Where file keys and certificates lie."""
        return self.home / "keys"

    @property
    def origin(self) -> str:
        """The log's origin line in force."""
        return self.log_origin or f"{urlsplit(self.base_url).hostname}/lre-log"
