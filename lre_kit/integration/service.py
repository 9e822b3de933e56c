"""All that other programs need of an office, opened together."""

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sqlalchemy import select

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, UnavailableError
from lre_kit.integration.answers import PURGE, Answers
from lre_kit.integration.issuers import Issuer, load_issuers
from lre_kit.integration.keys import ApiKeys
from lre_kit.integration.uploads import SWEEP, Uploads
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.store.vault import Vault

if TYPE_CHECKING:
    from lre_kit.integration.tokens import AccessTokens

log = logging.getLogger(__name__)

_DUTY = table_of(DutyRow)


class Integration:
    """The keys, kept answers and uploads of the API, each opened when it is first asked for."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        clock: Clock,
        pepper: bytes,
        blobs: BlobStore,
        vault: Vault,
    ) -> None:
        """Keep the office's parts."""
        self._blobs = blobs
        self._vault = vault
        self._settings = settings
        self._database = database
        self._clock = clock
        self._pepper = pepper

    @cached_property
    def keys(self) -> ApiKeys:
        """Keys of the API."""
        return ApiKeys(
            self._database,
            clock=self._clock,
            pepper=self._pepper,
            per_minute=self._settings.api_requests_per_minute,
            tokens=self._tokens(),
        )

    @cached_property
    def issuers(self) -> tuple[Issuer, ...]:
        """Authorization servers whose access tokens open the API."""
        return load_issuers(self._settings.api_issuers)

    def _tokens(self) -> "AccessTokens | None":
        if not self.issuers:
            return None
        if find_spec("joserfc") is None:
            msg = "Issuers of access tokens are listed, but what reads tokens is not installed."
            raise ConfigurationError(msg, mend="Install lre-kit[identity], or empty LRE_API_ISSUERS.")
        from lre_kit.integration.tokens import AccessTokens

        return AccessTokens(self.issuers, clock=self._clock)

    @cached_property
    def answers(self) -> Answers:
        """Answers kept for who asks again."""
        return Answers(self._database, clock=self._clock)

    @cached_property
    def uploads(self) -> Uploads:
        """Documents that come in parts."""
        return Uploads(
            self._database,
            settings=self._settings,
            clock=self._clock,
            blobs=self._blobs,
            vault=self._vault,
        )

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {PURGE: self.answers.fulfil, SWEEP: self.uploads.fulfil}

    def opened(self) -> None:
        """Plan duties an office never heard of; one that cannot be written to opens as well."""
        planned = select(_DUTY.c.key).where(_DUTY.c.key.in_((PURGE, SWEEP)))
        try:
            with self._database.read() as connection:
                known = set(connection.scalars(planned))
            if known == {PURGE, SWEEP}:
                return
            with self._database.write() as uow:
                self.answers.plan(uow)
                self.uploads.plan(uow)
                uow.commit()
        except UnavailableError as error:
            log.info("the duties of the API are not planned: %s", error.problem)
