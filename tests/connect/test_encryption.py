"""A second connection is encrypted as the first one was, and no certificate is read for it again."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from faults.servers import MariaDB, ServerMissing, running
from support.databases import REQUIRED
from support.projects import linear, native_project
from whimbrel import Project
from whimbrel.connect.encryption import as_before, remembering
from whimbrel.environment import waiting_at_most

ENCRYPTED = SimpleNamespace(_secure=True, ctx="a context")
PLAIN = SimpleNamespace(_secure=False, ctx="a context")


@pytest.mark.parametrize(
    ("driver", "connection", "given", "expected"),
    [
        ("pymysql", ENCRYPTED, (), {"ssl": "a context"}),
        ("pymysql", PLAIN, (), {"ssl_disabled": True}),
        ("pymysql", ENCRYPTED, ("ssl_ca",), {}),
        ("pymysql", PLAIN, ("host", "ssl"), {}),
        ("pymysql", PLAIN, ("read_default_file",), {}),
        ("pymysql", ENCRYPTED, ("unix_socket",), {}),
        ("pymysql", SimpleNamespace(), (), {}),
        ("asyncmy", PLAIN, (), {}),
        ("psycopg", ENCRYPTED, (), {}),
    ],
)
def test_what_is_given_besides(driver: str, connection: Any, given: Sequence[str], expected: dict[str, Any]) -> None:
    assert as_before(driver, connection, given) == expected


class Encrypted(MariaDB):
    """A server that can encrypt, with a certificate that nobody else has signed."""

    def initialise(self) -> None:
        super().initialise()
        _certificate(self.folder)

    def command(self) -> Sequence[str]:
        return [*super().command(), f"--ssl-cert={self.folder}/cert.pem", f"--ssl-key={self.folder}/key.pem"]


@pytest.fixture(params=[MariaDB, Encrypted])
def server(request: pytest.FixtureRequest) -> Iterator[MariaDB]:
    try:
        made = request.param()
    except ServerMissing as error:
        (pytest.fail if REQUIRED else pytest.skip)(str(error))
    with running(made):
        yield made


def test_what_is_verified_is_read_through_a_connection_that_is_encrypted_as_the_first_one_was(
    server: MariaDB, tmp_path: Path, ciphers: list[str], count_contexts: Callable[[], int]
) -> None:
    outcome = Project.load(native_project(tmp_path / "p", server.url, linear("aaaa"))).upgrade()
    assert outcome.verified
    assert len(ciphers) == 2, "the migrations', and the one that verifies"
    assert {bool(cipher) for cipher in ciphers} == {isinstance(server, Encrypted)}
    assert count_contexts() == 1


def test_a_command_that_connects_often_finds_out_once_how_the_server_encrypts(
    server: MariaDB, tmp_path: Path, ciphers: list[str], count_contexts: Callable[[], int]
) -> None:
    Project.load(native_project(tmp_path / "p", server.url, linear("aaaa"))).verify()
    assert len(ciphers) == 2, "the configured database, and a scratch one"
    assert {bool(cipher) for cipher in ciphers} == {isinstance(server, Encrypted)}
    assert count_contexts() == 1


def test_who_says_how_to_encrypt_is_not_answered_for(server: MariaDB, ciphers: list[str]) -> None:
    plain = sa.make_url(server.url)
    with remembering({}), waiting_at_most(5):
        for url in (plain, plain.update_query_dict({"ssl_disabled": "true"}), plain):
            sa.create_engine(url, poolclass=sa.NullPool).connect().close()
    is_encrypted = isinstance(server, Encrypted)
    assert [bool(cipher) for cipher in ciphers] == [is_encrypted, False, is_encrypted]


def test_a_socket_of_the_machine_can_be_connected_to_again(server: MariaDB, ciphers: list[str]) -> None:
    url = sa.make_url(server.url).update_query_dict({"unix_socket": f"{server.folder}/socket"})
    with remembering({}), waiting_at_most(5):
        for _ in range(2):
            sa.create_engine(url, poolclass=sa.NullPool).connect().close()
    assert len(ciphers) == 2
    assert len(set(map(bool, ciphers))) == 1


@pytest.fixture
def ciphers() -> Iterator[list[str]]:
    """With what each connection is encrypted, as the server says; nothing if it is not."""
    found: list[str] = []

    def note(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
            found.append(cursor.fetchone()[1])

    sa.event.listen(sa.Engine, "connect", note)
    yield found
    sa.event.remove(sa.Engine, "connect", note)


@pytest.fixture
def count_contexts(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the certificates of the system were read."""
    create, made = ssl.create_default_context, []

    def counted(*args: Any, **options: Any) -> ssl.SSLContext:
        made.append(1)
        return create(*args, **options)

    monkeypatch.setattr(ssl, "create_default_context", counted)
    return lambda: len(made)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
    (folder / "key.pem").chmod(0o644)  # the server runs as another user
