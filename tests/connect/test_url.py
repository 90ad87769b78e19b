"""URLs: SQLAlchemy's grammar, and no password in anything that is shown."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import URL, make_url
from sqlalchemy import __version__ as sqlalchemy_version

from whimbrel.connect.driver import Driver, cannot_connect, with_driver
from whimbrel.connect.url import MASK, DatabaseUrl, mask, parse, scrub
from whimbrel.dialects import dialect_of
from whimbrel.errors import DriverMissing, UrlInvalid

many = hypothesis_settings(max_examples=400, deadline=None)

# What a URL may hold unencoded, and what has to be encoded.
WORDS = st.text(alphabet="ab1-_.~é%@:/?#&=+ []\\\"'$*{}|", min_size=1, max_size=8)


def same(url: DatabaseUrl, theirs: URL) -> None:
    assert (url.scheme, url.user, url.password, url.host, url.port, url.database, _query(url.query)) == (
        theirs.drivername,
        theirs.username,
        theirs.password,
        theirs.host,
        theirs.port,
        theirs.database or None,
        {key: list(value) if isinstance(value, tuple) else [value] for key, value in theirs.query.items()},
    )


def _query(pairs: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    return {key: [value for name, value in pairs if name == key] for key, _ in pairs}


# -- against SQLAlchemy --------------------------------------------------------------------------


@many
@given(
    scheme=st.sampled_from(["postgresql", "postgresql+asyncpg", "mysql+pymysql", "sqlite"]),
    user=st.none() | WORDS,
    password=st.none() | WORDS,
    host=st.sampled_from([None, "localhost", "db.example", "127.0.0.1", "::1", "fe80::1%eth0"]),
    port=st.none() | st.integers(0, 65535),
    database=st.none() | WORDS,
    query=st.dictionaries(WORDS, WORDS | st.lists(WORDS, min_size=2, max_size=3), max_size=2),
)
def test_what_sqlalchemy_writes_is_read_back(
    scheme: str,
    user: str | None,
    password: str | None,
    host: str | None,
    port: int | None,
    database: str | None,
    query: dict[str, str | list[str]],
) -> None:
    assume(user is not None or password is None)
    assume(host is not None or port is None)
    # SQLAlchemy 2.0 writes a database as it is, so that "@" in one ends the host's name for a reader.
    assume("@" not in (database or "") or not sqlalchemy_version.startswith("2.0."))
    theirs = URL.create(scheme, user, password, host, port, database, query)
    text = theirs.render_as_string(hide_password=False)
    # SQLAlchemy's own reading is the oracle: it writes some databases ("a?b" in 2.1) in a way it reads otherwise.
    assume(text == text.strip())
    assume(make_url(text) == theirs)
    same(parse(text), make_url(text))


WRITTEN = [
    "sqlite://",
    "sqlite:///",
    "sqlite:///app.db",
    "sqlite:////srv/app.db",
    "sqlite:///C:/app.db",
    "sqlite:///:memory:",
    "sqlite:///a b.db",
    "sqlite:///a@b.db",
    "sqlite:///app.db?timeout=5&x=1&x=2",
    "sqlite+aiosqlite:///file:app.db?mode=ro&uri=true",
    "postgresql://",
    "postgresql:///shop",
    "postgresql://host",
    "postgresql://host/",
    "postgresql://user@host/db",
    "postgresql://user:@host/db",
    "postgresql://:word@host/db",
    "postgresql://@host/db",
    "postgresql://me@tenant:word@host:5432/db",
    "postgresql://me@tenant@host/db",
    "postgresql://u:p%40ss%3A%2F@host/db",
    "postgresql://u:50%@host/db",
    "postgresql://u:p+q@host/db",
    "postgresql://u:p:q@host/db",
    "postgresql://u:p/q#r?s@host/db",
    "postgresql://u:p q@host/db",
    "postgresql://[::1]:5432/db",
    "postgresql://u@[fe80::1]/db",
    "postgresql:///db?host=/var/run/postgresql",
    "postgresql:///db?host=a:1&host=b:2",
    "postgresql://h/db?sslmode=&application_name=a%20b+c",
    "postgresql://h/db?options=-csearch_path%3Dx",
    "postgresql://h/db?",
    "postgresql://h/db?a=b=c&d",
    "postgresql+psycopg_async://u:p@h:5433/db",
    "mysql+pymysql://root@127.0.0.1:3306/shop?charset=utf8mb4",
    "mariadb+asyncmy://u:p@h/d/b",
    "oracle+oracledb://u:p@h:1521/?service_name=x",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_people_write_is_what_it_is_to_sqlalchemy(text: str) -> None:
    same(parse(text), make_url(text))


@many
@given(st.text(alphabet="ab:/@?&=#%[]+ 1", max_size=14))
@example("//:@1")
def test_any_text_behind_the_scheme_is_what_it_is_to_sqlalchemy_or_refused(rest: str) -> None:
    text = f"postgresql://{rest}".strip()
    try:
        url = parse(text)
    except UrlInvalid:
        return
    # The documented differences: an "@" in the password, a "?" in the user, an encoded host.
    assume(text.count("@") <= 1 and "?" not in text.partition("@")[0] and "%" not in (url.host or "") + rest)
    assume(not re.search(r"\[.*[/?]|[\[\]]", rest))
    try:
        theirs = make_url(text)
    except ValueError:
        assert url.port is None  # see test_an_empty_port_is_none…
        return
    same(url, theirs)


# -- what differs on purpose ---------------------------------------------------------------------


def test_postgres_is_postgresql() -> None:
    # Heroku and others hand it out; SQLAlchemy 1.4 dropped it.
    assert parse("postgres://u:p@h/db").text == "postgresql://u:p@h/db"
    assert parse("postgres+asyncpg://h/db").scheme == "postgresql+asyncpg"


def test_an_empty_port_is_none_where_sqlalchemy_fails() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        make_url("postgresql://host:/db")
    assert parse("postgresql://host:/db").port is None


def test_white_space_around_a_url_is_none_of_it() -> None:
    assert parse("  sqlite:///app.db\n").database == "app.db"


@pytest.mark.parametrize("password", ["p@ss", "p@s@s", "@", "p@ss:w@rd", "p:a/s@s"])
def test_an_at_sign_in_a_password_belongs_to_it_where_sqlalchemy_takes_it_for_the_host(password: str) -> None:
    text = f"postgresql://u:{password}@db.example:5432/shop"
    url = parse(text)
    assert (url.password, url.host, url.port, url.database) == (password, "db.example", 5432, "shop")
    assert url.masked == "postgresql://u:***@db.example:5432/shop"


def test_an_encoded_host_is_decoded_as_libpq_does_it() -> None:
    assert parse("postgresql://u@%2Fvar%2Frun%2Fpostgresql/db").host == "/var/run/postgresql"


def test_an_encoded_database_is_decoded_if_the_installed_sqlalchemy_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "postgresql://h/my%20shop"
    assert parse(text).database == make_url(text).database
    for version, database in (("2.0.43", "my%20shop"), ("2.1.0", "my shop")):
        monkeypatch.setattr("importlib.metadata.version", lambda _, version=version: version)
        assert parse(text).database == database
    assert sqlalchemy_version.startswith("2.")


# -- no password is shown ------------------------------------------------------------------------

CANARY = "C4naryW0rd"


def shown_of(text: str) -> list[str]:
    """Everything that may be shown of a URL, a driver's repetition of its parts among it."""
    shown = []
    try:
        url = parse(text, where="DATABASE_URL")
        options = [value for pair in url.query for value in pair]
        said = f"{text}: {url.password}, {url.host}, {url.database}, {' '.join(options)}"
        shown = [url.masked, repr(url), scrub(said, url)]
        dialect_of(url)
    except UrlInvalid as error:
        shown += [str(error), *map(str, error.as_dict().values())]
    return shown


@many
@given(before=WORDS | st.just(""), after=WORDS | st.just(""), user=st.sampled_from(["", "u", "me@tenant", "a b"]))
@example(before="a@b/c", after="", user="u")
@example(before="", after=" x", user="u")
def test_no_password_however_written_is_in_any_text(before: str, after: str, user: str) -> None:
    # Nobody can tell this one from an option whose value has an "@".
    assume(not re.search(r"@.*\?.*=", f"{before}{CANARY}{after}"))
    text = f"postgresql://{user}:{before}{CANARY}{after}@db.example:5432/shop?application_name=x"
    assert CANARY not in mask(text.replace(" ", "").replace("\n", ""))
    assert CANARY not in "\n".join(shown_of(text))


LEAKS = [
    f"postgresql://u:{CANARY}@h/db",
    f"postgresql://u:{CANARY}@h/db?password={CANARY}",
    f"postgresql://h/db?user=u&password={CANARY}",
    f"postgresql://h/db?sslpassword={CANARY}&PASSWORD={CANARY}",
    f"mysql://h/db?passwd={CANARY}",
    f"postgresql://h/db?auth_token={CANARY}&x=1",
    f"postgresql://h/db?api_key={CANARY}&apikey={CANARY}&ACCESS-KEY={CANARY}",
    f"postgresql://h/db?key={CANARY}&client_secret={CANARY}",
    f"mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3D{CANARY}",
    f"mssql+pyodbc:///?odbc_connect=DRIVER=x;PWD={CANARY}",
    f"postgresql://u:{CANARY}",  # the host was forgotten: it stands where the port would
    f"postgresql://u:{CANARY}/db",
    f"postgresql://u:{CANARY}:5432/db",
    f"postgresql://h:{CANARY}@",
    f"postgresql:/u:{CANARY}@h/db",  # no URLs
    f"postgresql:u:{CANARY}@h/db",
    f"postgresql//u:{CANARY}@h/db",
    f"u:{CANARY}@h/db",
    f"://u:{CANARY}@h/db",
    f"post gresql://u:{CANARY}@h/db",
    f"postgresql://u/v:{CANARY}@h/db",  # unencoded
    f"postgresql://u:a@b/{CANARY}@h/db",
    f"postgresql://u:a@b?{CANARY}@h/db",
    f"postgresql://u:{CANARY}#@h/db",
    f"postgresql://u:a {CANARY}@h/db",
    f"duckdb://u:{CANARY}@h/db",
]


@pytest.mark.parametrize("text", LEAKS)
def test_no_mistake_in_a_url_shows_the_password(text: str) -> None:
    assert CANARY not in "\n".join(shown_of(text))


def test_a_number_that_is_no_port_is_taken_for_a_password() -> None:
    assert parse("postgresql://u:65535/db").port == 65535
    for number in ("65536", "20240131", "9" * 5000, "-1", "5432x"):
        with pytest.raises(UrlInvalid, match="port in the database URL is not a number up to 65535") as caught:
            parse(f"postgresql://u:{number}/db")
        assert number not in str(caught.value)


@pytest.mark.parametrize(("text", "what"), [("", "is empty"), ("  ", "is empty"), ("app.db", "cannot be parsed")])
def test_what_is_no_url_is_refused_with_an_example(text: str, what: str) -> None:
    with pytest.raises(UrlInvalid, match=what) as caught:
        parse(text, where="--url")
    assert caught.value.where == "--url"
    assert "sqlite:///app.db" in (caught.value.hint or "")


def test_scrub_takes_out_what_the_url_holds_encoded_and_decoded() -> None:
    url = parse("postgresql://u:p%40ss%20word@h/db?sslpassword=s%2Bcret")
    said = "bad: p@ss word, p%40ss%20word, s+cret, s%2Bcret, postgresql://x:other@y"
    assert scrub(said, url, None) == f"bad: {MASK}, {MASK}, {MASK}, {MASK}, postgresql://x:{MASK}@y"
    assert scrub("nothing to hide", parse("sqlite://")) == "nothing to hide"


SAID = [
    # What drivers and SQLAlchemy say of a password with an "@" or without a host.
    f"failed to resolve host '{CANARY}@127.0.0.1': [Errno -2] Name or service not known",
    f'could not translate host name "a{CANARY}@127.0.0.1" to address',
    f"Can't connect to MySQL server on '{CANARY}@h' (timed out)",
    f"Could not parse postgresql+psycopg://u:{CANARY}",
    f"bad: postgresql://u:{CANARY}/shop",
    f'invalid dsn: "host=h user=u password={CANARY}"',
    f"connect(host='h', password='{CANARY} and {CANARY}')",
]


@pytest.mark.parametrize("text", SAID)
def test_what_drivers_make_of_a_url_is_masked_without_knowing_the_url(text: str) -> None:
    assert CANARY not in mask(text)
    assert MASK in mask(text)


def test_text_without_a_password_stays_as_it_is() -> None:
    for text in (
        'role "me@tenant" does not exist',
        "http://[::1]:80/x",
        "postgresql://h:5432",
        "primary_key=True, sslkey=a.pem",
        "sqlite:///app.db",
        "postgresql://u@h:5432/db",
        "see http://host:80/x",
        "a@b.example: c",
        "x=1&y=2",
    ):
        assert mask(text) == text


# -- drivers -------------------------------------------------------------------------------------


def test_the_first_installed_driver_is_taken_where_none_is_named() -> None:
    drivers = [Driver("nope", "no_such_module", "x"), Driver("pysqlite", "sqlite3", "")]
    assert with_driver(parse("sqlite:///a.db?x=1"), drivers).text == "sqlite+pysqlite:///a.db?x=1"
    assert with_driver(parse("sqlite+other://"), drivers).driver == "other"  # SQLAlchemy may know it


@pytest.mark.parametrize(("url", "package"), [("postgresql://u:c4nary@h/db", "one"), ("postgresql+b://h/db", "two")])
def test_a_driver_that_is_not_installed_is_named_with_the_way_to_get_it(url: str, package: str) -> None:
    drivers = [Driver("a", "no_such_module", "one"), Driver("b", "no.such.module", "two")]
    with pytest.raises(DriverMissing) as caught:
        with_driver(parse(url), drivers)
    assert caught.value.hint == f"pip install '{package}'"
    assert "c4nary" not in str(caught.value)


REFUSED = {
    "postgresql+asyncpg://u@h/db?ssl_mode=require": ('asyncpg has no option "ssl_mode"', "?sslmode=verify-full"),
    "postgresql+asyncpg://u@h/db?timeot=1": ('asyncpg has no option "timeot"', "did you mean timeout?"),
    "mysql+pymysql://u@h/db?ssl_mode=REQUIRED": ('pymysql has no option "ssl_mode"', "?ssl_ca=ca.pem"),
    "mysql+asyncmy://u@h/db?foo=1": ('asyncmy has no option "foo"', "take it out"),
    "mysql+pymysql://root@127.0.0.1/": ("the database URL names no database", "mysql://user@host/shop"),
    "mariadb+pymysql://root@127.0.0.1": ("the database URL names no database", "mysql://user@host/shop"),
}


@pytest.mark.parametrize(("url", "what", "hint"), [(url, *said) for url, said in REFUSED.items()])
def test_a_url_that_the_driver_cannot_use_is_refused_before_connecting(url: str, what: str, hint: str) -> None:
    pytest.importorskip(url.partition("+")[2].partition(":")[0])
    with pytest.raises(UrlInvalid) as caught:
        with_driver(parse(url), dialect_of(parse(url)).drivers)
    assert caught.value.what == what
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://u@h/db?ssl=require&prepared_statement_cache_size=0",
        "postgresql+asyncpg://u@/db?host=h1&port=1",
        "postgresql+psycopg://u@h/db?sslmode=require",
        "postgresql+psycopg://u@h",  # libpq takes the user's name
        "mysql+pymysql://u@h/db?charset=utf8mb4&ssl_ca=ca.pem&ssl_check_hostname=false",
        "mysql+pymysql://u@h?read_default_file=my.cnf",
        "mysql+asyncmy://u@h/db?charset=utf8mb4&unix_socket=s",
    ],
)
def test_a_url_that_the_driver_can_use_is_taken(url: str) -> None:
    pytest.importorskip(url.partition("+")[2].partition(":")[0])
    assert with_driver(parse(url), dialect_of(parse(url)).drivers).text == url


def test_encrypted_sqlite_without_its_driver_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whimbrel.connect.driver.is_installed", lambda module: False)
    with pytest.raises(DriverMissing) as caught:
        with_driver(parse("sqlite+pysqlcipher://:pw@/a.db"), [])
    assert caught.value.hint == "pip install 'sqlcipher3-binary'"


def test_a_drivers_words_are_told_in_one_line_without_the_password() -> None:
    url = parse("postgresql://u:c4nary@h/db")
    error = cannot_connect(OSError("\n\nrefused: c4nary\nmore"), url, {"REFUSED": "start it"})
    assert (error.why, error.hint, error.where) == (f"refused: {MASK}", "start it", f"postgresql://u:{MASK}@h/db")
    assert cannot_connect(OSError(), None, {}).why == "OSError"
