"""Tokens for Amazon RDS: as botocore makes them, a new one for each connection, never in the clear and never shown."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import asyncpg
import psycopg
import pymysql
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from support.cli import whimbrel
from support.databases import SERVERS
from support.projects import linear, native_project
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
    "mysql+mysqldb://app:rds-iam:eu-central-1@db/shop?ssl_mode=PREFERRED",
]


@pytest.mark.parametrize("url", UNENCRYPTED)
def test_a_connection_that_need_not_be_encrypted_is_refused(url: str, signed_in: None) -> None:
    with pytest.raises(TokenUnencrypted) as caught:
        iam.with_token(parse(url))
    assert caught.value.exit_code == 6
    with pytest.raises(TokenUnencrypted):
        make_engine(parse(url))


def test_what_the_environment_says_of_encryption_counts(signed_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    url = parse(URLS["psycopg"][0])
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert iam.encrypted(url).query == ()
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
