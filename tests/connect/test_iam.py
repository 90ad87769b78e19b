"""Tokens for Amazon RDS: as botocore makes them, a new one for each connection, never in the clear and never shown."""

from __future__ import annotations

import contextlib
import datetime
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import asyncpg
import botocore
import psycopg
import pymysql
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from support.cli import whimbrel
from support.databases import SERVERS
from support.projects import alembic_project, linear, native_project
from whimbrel import Project
from whimbrel.connect import iam
from whimbrel.connect.engine import make_engine, run
from whimbrel.connect.iam import credentials
from whimbrel.connect.iam.credentials import Credentials
from whimbrel.connect.iam.signing import presigned
from whimbrel.connect.url import parse
from whimbrel.errors import CannotConnect, CredentialsMissing, TokenUnencrypted, UrlInvalid

NOW = datetime.datetime(2026, 11, 28, 23, 59, 59, tzinfo=datetime.UTC)
KEY, SECRET, SESSION = "AKIDEXAMPLE", "hunter2canary/wJalrXUtnFEMI", "C4naryW0rd//session=="
RDS = "db.c1x2.eu-central-1.rds.amazonaws.com"


def by_botocore(host: str, port: int, user: str, region: str, signs: Credentials) -> str:
    client = Session().create_client(
        "rds",
        region_name=region,
        aws_access_key_id=signs.access_key,
        aws_secret_access_key=signs.secret_key,
        aws_session_token=signs.session_token,
    )
    with mock.patch(f"{SigV4QueryAuth.__module__}.get_current_datetime", lambda: NOW.replace(tzinfo=None)):
        return str(client.generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user, Region=region))


_label = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,8}[A-Za-z0-9])?", fullmatch=True)
_hosts = st.lists(_label, min_size=1, max_size=4).map(".".join)
_regions = st.sampled_from(["eu-central-1", "us-east-1", "ap-southeast-2", "cn-north-1", "us-gov-west-1"])
_words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
_users = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(
    host=_hosts,
    port=st.integers(1, 65535) | st.sampled_from([80, 443, 5432, 3306]),
    user=_users,
    region=_regions,
    signs=st.builds(Credentials, _words, _words, st.none() | _words),
)
def test_a_token_is_byte_for_byte_that_of_botocore(
    host: str, port: int, user: str, region: str, signs: Credentials
) -> None:
    assert presigned(host, port, user, region, signs, NOW) == by_botocore(host, port, user, region, signs)


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)


class Refused(Exception):
    """What the drivers here raise: nobody has to be there to see what they are given."""


@pytest.fixture
def given_to(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the drivers are told when they are to connect."""
    seen: list[dict[str, Any]] = []

    def connect(*arguments: Any, **options: Any) -> Any:
        seen.append(options)
        raise psycopg.OperationalError(f"no connection with {options.get('password')}")

    for driver in (psycopg, psycopg.Connection, psycopg.AsyncConnection, asyncpg, pymysql):
        monkeypatch.setattr(driver, "connect", connect)
    return seen


URLS = {
    "psycopg": (f"postgresql+psycopg://app:rds-iam:eu-central-1@{RDS}/shop", 5432),
    "asyncpg": (f"postgresql+asyncpg://app:rds-iam:eu-central-1@{RDS}:6000/shop?sslmode=verify-full", 6000),
    "pymysql": (f"mysql+pymysql://app:rds-iam:eu-central-1@{RDS}/shop?ssl_ca=/ca.pem", 3306),
}


@pytest.mark.parametrize(("url", "port"), URLS.values(), ids=URLS)
def test_each_connection_gets_a_token_of_its_own(
    url: str, port: int, signed_in: None, given_to: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter(["one", "two"])
    made: list[tuple[object, ...]] = []

    def counting(host: str, port: int, user: str, region: str, signs: Credentials) -> str:
        made.append((host, port, user, region, signs))
        return next(tokens)

    monkeypatch.setattr("whimbrel.connect.iam.signing.presigned", counting)
    engine = make_engine(parse(url))
    for _ in range(2):
        with pytest.raises(Exception, match="no connection"):
            run(engine, lambda connection: None)
    assert [options["password"] for options in given_to] == ["one", "two"]
    assert made == [(RDS, port, "app", "eu-central-1", Credentials(KEY, SECRET, SESSION))] * 2


@pytest.mark.parametrize("name", ["psycopg", "asyncpg"])
def test_so_does_the_light_way_and_nobody_is_shown_it(
    name: str, signed_in: None, given_to: list[dict[str, Any]], tmp_path: Path
) -> None:
    folder = native_project(tmp_path / "p", URLS[name][0], linear("aaaa"))
    with pytest.raises(CannotConnect) as caught:
        Project.load(folder).current()
    [options] = given_to
    token = options["password"]
    assert token.startswith(f"{RDS}:")
    assert "X-Amz-Signature=" in token
    assert token not in str(caught.value)
    assert "Signature=" not in str(caught.value).replace("Signature=***", "")
    if name == "asyncpg":
        assert options["dsn"] == "postgresql://?sslmode=verify-full"
    else:
        assert options["sslmode"] == "require"


def test_the_whole_way_does_not_show_it_either(signed_in: None, given_to: list[dict[str, Any]], tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", URLS["psycopg"][0], linear("aaaa"))
    with pytest.raises(CannotConnect) as caught:
        Project.load(folder).upgrade()
    signature = given_to[0]["password"].rpartition("X-Amz-Signature=")[2]
    assert len(signature) == 64
    assert signature not in str(caught.value)
    assert SESSION not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql+asyncpg", "postgresql+psycopg_async"])
@pytest.mark.parametrize("command", [Project.current, Project.upgrade])
def test_a_server_that_does_not_encrypt_gets_no_token(
    scheme: str, command: Callable[[Project], object], signed_in: None, tmp_path: Path
) -> None:
    server = parse(SERVERS["postgresql"])
    url = f"{scheme}://{server.user}:rds-iam:eu-central-1@{server.host}:{server.port}/postgres"
    folder = native_project(tmp_path / "p", url, linear("aaaa"))
    with pytest.raises(CannotConnect) as caught:
        command(Project.load(folder))
    assert "SSL" in str(caught.value.why)


UNENCRYPTED = [
    "postgresql+psycopg://app:rds-iam:eu-central-1@db/shop?sslmode=disable",
    "postgresql+psycopg://app:rds-iam:eu-central-1@db/shop?sslmode=prefer",
    "postgresql+asyncpg://app:rds-iam:eu-central-1@db/shop?ssl=prefer",
    "mysql+pymysql://app:rds-iam:eu-central-1@db/shop",
    "mysql+asyncmy://app:rds-iam:eu-central-1@db/shop",
    "mysql+pymysql://app:rds-iam:eu-central-1@db/shop?ssl_ca=/ca.pem&ssl_disabled=1",
    "mysql+mysqldb://app:rds-iam:eu-central-1@db/shop?ssl_mode=REQUIRED",
    "mysql+aiomysql://app:rds-iam:eu-central-1@db/shop?ssl_ca=/ca.pem",
    "mysql+mysqlconnector://app:rds-iam:eu-central-1@db/shop?ssl_ca=/ca.pem",
    "postgresql+pg8000://app:rds-iam:eu-central-1@db/shop",
]


@pytest.mark.parametrize("url", UNENCRYPTED)
def test_a_connection_that_need_not_be_encrypted_is_refused(url: str, signed_in: None) -> None:
    with pytest.raises(TokenUnencrypted) as caught:
        iam.with_token(parse(url))
    assert caught.value.exit_code == 6
    with pytest.raises(TokenUnencrypted):
        make_engine(parse(url))


@pytest.mark.parametrize(("driver", "too_old", "first"), [("pymysql", "1.1.2", "1.2"), ("asyncmy", "0.2.13", "0.2.14")])
def test_so_is_a_driver_that_is_too_old_to_insist(
    driver: str, too_old: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = parse(f"mysql+{driver}://app:rds-iam:eu-central-1@db/shop?ssl_ca=/ca.pem")
    assert iam.encrypted(url) is url
    monkeypatch.setattr("importlib.metadata.version", lambda name: {driver: too_old}[name])
    with pytest.raises(TokenUnencrypted) as caught:
        iam.encrypted(url)
    assert (
        caught.value.hint
        == {"pymysql": "pip install 'pymysql>=1.2'", "asyncmy": "pip install 'asyncmy>=0.2.14'"}[driver]
    )


# -- servers that offer no encryption --------------------------------------------------------------


class Spy:
    """A server that offers no encryption, asks for the password as it is, and keeps every byte that it is sent."""

    def __init__(self, kind: str) -> None:
        self.visitors, self.received = 0, b""
        self._talk = {"mysql": self._mysql, "postgresql": self._postgresql}[kind]
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Spy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(30)
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.visitors += 1
            with client, contextlib.suppress(OSError):
                client.settimeout(10)
                self._talk(client)
                while self._hear(client):
                    pass

    def _hear(self, client: socket.socket) -> bytes:
        heard = client.recv(65536)
        self.received += heard
        return heard

    def _mysql(self, client: socket.socket) -> None:
        capabilities = 0x200 | 0x8000 | 0x80000 | 8  # and not 0x800, SSL
        plugin, salt = b"mysql_clear_password\0", b"saltsalt"
        low, high = (capabilities & 0xFFFF).to_bytes(2, "little"), (capabilities >> 16).to_bytes(2, "little")
        greeting = b"\x0a8.0.36\0" + (1).to_bytes(4, "little") + salt + b"\0" + low + b"\x2d\x02\0" + high
        client.sendall(_packet(0, greeting + b"\x15" + bytes(10) + b"saltsaltsalt\0" + plugin))
        self._hear(client)
        client.sendall(_packet(2, b"\xfe" + plugin + salt))
        self._hear(client)
        client.sendall(_packet(4, b"\xff\x15\x04#28000no"))

    def _postgresql(self, client: socket.socket) -> None:
        if self._hear(client)[4:8] == (80877103).to_bytes(4, "big"):  # "may we encrypt?"
            client.sendall(b"N")
            self._hear(client)
        client.sendall(b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big"))  # the password, please
        self._hear(client)
        client.sendall(b"E" + (4 + 7).to_bytes(4, "big") + b"Mno\0\0" + b"\0\0")


def _packet(number: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


CA = Path(botocore.__file__).with_name("cacert.pem")
OFFERS = {
    "psycopg": "postgresql+psycopg://app:rds-iam:eu-central-1@127.0.0.1:{port}/shop",
    "psycopg_async": "postgresql+psycopg_async://app:rds-iam:eu-central-1@127.0.0.1:{port}/shop",
    "asyncpg": "postgresql+asyncpg://app:rds-iam:eu-central-1@127.0.0.1:{port}/shop",
    "pymysql": f"mysql+pymysql://app:rds-iam:eu-central-1@127.0.0.1:{{port}}/shop?ssl_ca={CA}",
    "asyncmy": f"mysql+asyncmy://app:rds-iam:eu-central-1@127.0.0.1:{{port}}/shop?ssl_ca={CA}",
}
MARK = b"X-Amz-Signature="


def layout(folder: Path, url: str, env_py: bool) -> Path:
    if not env_py:
        return native_project(folder, url, linear("aaaa"))
    return alembic_project(folder, url, linear("aaaa"), template="async" if parse(url).is_async else "generic")


@pytest.mark.parametrize("driver", OFFERS)
@pytest.mark.parametrize(
    ("command", "env_py"), [(Project.current, False), (Project.upgrade, False), (Project.upgrade, True)]
)
def test_a_server_that_asks_for_it_in_the_clear_is_not_told_it(
    driver: str, command: Callable[[Project], object], env_py: bool, signed_in: None, tmp_path: Path
) -> None:
    with Spy(OFFERS[driver].partition("+")[0]) as spy:
        folder = layout(tmp_path / "p", OFFERS[driver].format(port=spy.port), env_py)
        with pytest.raises(CannotConnect):
            command(Project.load(folder))
    assert spy.visitors
    assert MARK not in spy.received
    assert b"rds-iam" not in spy.received


@pytest.mark.parametrize("driver", OFFERS)
def test_that_server_hears_it_if_nobody_takes_care(
    driver: str, signed_in: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whimbrel.connect.iam.encryption.mode_to_set", lambda *_: None)
    monkeypatch.setattr("whimbrel.connect.iam.engines.mode_to_set", lambda *_: None)
    with Spy(OFFERS[driver].partition("+")[0]) as spy:
        engine = make_engine(parse(OFFERS[driver].format(port=spy.port).partition("?")[0]))
        with pytest.raises(Exception):  # noqa: B017, PT011  # whatever the driver makes of the end
            run(engine, lambda connection: None)
    assert MARK in spy.received


# -- engines of env.py -----------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "pymysql"])
def test_an_engine_that_env_py_makes_signs_in_as_well(
    driver: str, signed_in: None, given_to: list[dict[str, Any]], tmp_path: Path
) -> None:
    url = URLS[driver][0].replace("sslmode=", "ssl=").replace("/ca.pem", str(CA))
    with pytest.raises(CannotConnect) as caught:
        Project.load(layout(tmp_path / "p", url, env_py=True)).upgrade()
    [options] = given_to
    assert options["password"].startswith(f"{RDS}:{URLS[driver][1]}/?Action=connect&DBUser=app&")
    assert options.get("sslmode" if driver == "psycopg" else "ssl") in ("require", "verify-full", {"ca": str(CA)})
    assert options["password"].rpartition("=")[2] not in str(caught.value)


def test_one_that_would_connect_in_the_clear_is_refused(
    signed_in: None, given_to: list[dict[str, Any]], tmp_path: Path
) -> None:
    folder = layout(tmp_path / "p", f"{URLS['psycopg'][0]}?sslmode=prefer", env_py=True)
    with pytest.raises(TokenUnencrypted) as caught:
        Project.load(folder).upgrade()
    assert caught.value.where == f"postgresql+psycopg://app:***@{RDS}/shop"
    assert given_to == []


def test_one_for_several_hosts_is_told_that_a_token_is_for_one(
    signed_in: None, given_to: list[dict[str, Any]], tmp_path: Path
) -> None:
    url = "postgresql+psycopg://app:rds-iam:eu-central-1@/shop?host=a.example:5432&host=b.example:5432"
    with pytest.raises(UrlInvalid, match="needs a host"):
        Project.load(layout(tmp_path / "p", url, env_py=True)).upgrade()


def test_what_the_environment_says_of_encryption_counts(signed_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    url = parse(URLS["psycopg"][0])
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert iam.encrypted(url).query == (("sslmode", "verify-full"),), "said aloud: a service file would go before it"
    monkeypatch.setenv("PGSSLMODE", "prefer")
    assert iam.encrypted(url).query == (("sslmode", "require"),)


def test_a_usual_password_stays_what_it_is() -> None:
    url = parse("postgresql+psycopg://app:rds-password@db/shop")
    assert iam.with_token(url) is url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://app:rds-iam:@db/shop",
        "postgresql+psycopg://:rds-iam:eu-central-1@db/shop",
        "postgresql+psycopg://app:rds-iam:eu-central-1@/shop",
    ],
)
def test_a_token_needs_to_know_for_whom(url: str, signed_in: None) -> None:
    with pytest.raises(UrlInvalid, match="needs a"):
        iam.with_token(parse(url))


# -- credentials -----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty file of credentials, and nothing that goes before it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "credentials"
    path.touch()
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return path


PROFILES = """\
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = hunter2secret
[team]
aws_access_key_id = AKTEAM
aws_secret_access_key = hunter2%secret
aws_session_token = C4naryW0rd
"""


@pytest.fixture(params=[True, False], ids=["botocore", "no botocore"])
def botocore(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With botocore, and as if it was not installed."""
    monkeypatch.setattr(credentials, "is_installed", lambda module: request.param)
    return bool(request.param)


def test_the_file_has_profiles(file: Path, botocore: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(PROFILES)
    assert credentials.find("here") == Credentials("AKDEFAULT", "hunter2secret")
    monkeypatch.setenv("AWS_PROFILE", "team")
    assert credentials.find("here") == Credentials("AKTEAM", "hunter2%secret", "C4naryW0rd")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert credentials.find("here") == Credentials(KEY, SECRET)


def test_without_any_it_is_said_where_they_were_looked_for(file: Path, botocore: bool) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        credentials.find("postgresql://app:***@db/shop")
    assert str(file) in str(caught.value.why)
    assert ("botocore" in str(caught.value.hint)) is not botocore


def test_a_profile_that_there_is_not_is_an_error(file: Path, botocore: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(PROFILES)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(CredentialsMissing):
        credentials.find("here")


def test_a_broken_file_is_an_error(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "is_installed", lambda module: False)
    file.write_text("no section\n")
    with pytest.raises(CredentialsMissing, match="cannot be read"):
        credentials.find("here")


def test_credentials_do_not_show_themselves() -> None:
    assert SECRET not in repr(Credentials(KEY, SECRET, SESSION))


def test_the_command_ends_with_2_and_its_hint(file: Path, tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", URLS["psycopg"][0], linear("aaaa"))
    names = ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE")
    environ = {**dict.fromkeys(names, str(file)), "AWS_EC2_METADATA_DISABLED": "true"}
    for command in ("current", "upgrade"):
        result = whimbrel(command, cwd=folder, env=environ)
        assert result.code == 2
        assert "error[WB120]" in result.err
