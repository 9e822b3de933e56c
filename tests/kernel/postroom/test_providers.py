"""Every print provider against the same contract: a folder, a real sshd, a real HTTP server."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from lre_kit.errors import ConfigurationError
from lre_kit.postroom.errors import PrintProviderError
from lre_kit.postroom.ports import PrintProvider
from lre_kit.postroom.providers.http import HttpProvider
from lre_kit.postroom.providers.sftp import SftpPlace, SftpProvider, open_sftp
from lre_kit.postroom.providers.spool import SpoolProvider
from lre_kit.settings import Settings
from lre_kit.testing.print_contract import PrintProviderContract, sample_batch
from lre_kit.testing.print_server import TOKEN, PrintServer, print_server
from lre_kit.testing.sshd import SftpServer, sftp_server, sshd_path


def files_of(folder: Path) -> Mapping[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


class TestSpool(PrintProviderContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "spool"

    @pytest.fixture
    def provider(self) -> PrintProvider:
        return SpoolProvider(self.folder)

    def taken(self, number: str) -> Mapping[str, bytes]:
        return files_of(self.folder / number)

    def test_a_folder_that_cannot_be_written_is_an_error_of_the_provider(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(PrintProviderError):
            SpoolProvider(tmp_path / "file").hand_over(sample_batch())


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    pytest.importorskip("paramiko")
    if sshd_path() is None:
        if os.environ.get("LRE_REQUIRE_SERVICES") == "1":
            pytest.fail("not installed: sshd")
        pytest.skip("not installed: sshd")
    with sftp_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


def place(server: SftpServer, folder: Path, **changes: object) -> SftpPlace:
    known: dict[str, object] = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": server.user,
        "folder": str(folder),
        "key_file": server.key_file,
        "known_hosts": server.known_hosts,
        "timeout_s": 10.0,
    }
    return SftpPlace(**(known | changes))  # type: ignore[arg-type]


class TestSftp(PrintProviderContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    @pytest.fixture
    def provider(self, sshd: SftpServer) -> PrintProvider:
        return SftpProvider(place(sshd, self.folder))

    def taken(self, number: str) -> Mapping[str, bytes]:
        return files_of(self.folder / number)

    def test_a_server_with_another_host_key_gets_nothing(self, sshd: SftpServer) -> None:
        line = sshd.known_hosts.read_text()
        forged = self.folder / "known"
        forged.write_text(line.replace(line.split()[2][-12:-4], "AAAAAAAA"))
        with pytest.raises(PrintProviderError):
            SftpProvider(place(sshd, self.folder, known_hosts=forged)).hand_over(sample_batch())
        (self.folder / "empty").write_text("")
        with pytest.raises(PrintProviderError):
            SftpProvider(place(sshd, self.folder, known_hosts=self.folder / "empty")).hand_over(
                sample_batch()
            )
        assert not self.taken(sample_batch().number)

    def test_a_server_that_is_not_there_is_an_error_of_the_provider(self, sshd: SftpServer) -> None:
        with pytest.raises(PrintProviderError):
            SftpProvider(place(sshd, self.folder, port=1)).hand_over(sample_batch())

    def test_settings_without_keys_are_refused(self) -> None:
        for url in ("sftp://user@host/in", "https://host", "sftp://host/in"):
            with pytest.raises(ConfigurationError):
                open_sftp(Settings(post_provider="sftp", post_url=url))


class TestHttp(PrintProviderContract):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        with print_server() as server:
            self.server: PrintServer = server
            yield

    @pytest.fixture
    def provider(self) -> PrintProvider:
        return HttpProvider(self.server.url, token=TOKEN, timeout_s=10)

    def taken(self, number: str) -> Mapping[str, bytes]:
        return self.server.files.get(number, {}) if number in self.server.submitted else {}

    def test_a_wrong_token_or_a_failing_server_is_an_error_of_the_provider(self) -> None:
        with pytest.raises(PrintProviderError, match="401"):
            HttpProvider(self.server.url, token="x", timeout_s=10).hand_over(sample_batch())
        self.server.failing = True
        with pytest.raises(PrintProviderError, match="503"):
            HttpProvider(self.server.url, token=TOKEN, timeout_s=10).hand_over(sample_batch())
        with pytest.raises(PrintProviderError, match="not answer"):
            HttpProvider("http://127.0.0.1:1", token=TOKEN, timeout_s=10).hand_over(sample_batch())
