"""What is read from the catalog of PostgreSQL: what is the project's, told alike wherever and however it was made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.postgresql import Database, one_database
from whimbrel.catalog import INDEX, SEQUENCE, TABLE, compare
from whimbrel.dialects.postgresql.catalogs import (
    Catalogs,
    keys,
    reading,
    routines,
    signature,
    sources,
    tables,
    types,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with one_database(tmp_path_factory.mktemp("database")) as made:
        yield made


def test_what_others_have_made_is_left_out(database: Database) -> None:
    database.become(
        """
        CREATE EXTENSION hstore;
        CREATE TABLE parted (id integer) PARTITION BY RANGE (id);
        CREATE INDEX ON parted (id);
        CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (9);
        CREATE TEMPORARY TABLE passing (id serial PRIMARY KEY);
        CREATE TEMPORARY VIEW glance AS SELECT * FROM passing;
        CREATE TABLE parent (id integer CHECK (id > 0));
        CREATE TABLE child (own hstore) INHERITS (parent);
        DROP SCHEMA IF EXISTS elsewhere CASCADE;
        CREATE SCHEMA elsewhere;
        CREATE TABLE elsewhere.far (id serial);
        """
    )
    read = database.read()
    database.query("DROP TABLE passing CASCADE")
    names = {(item.kind, item.table, item.name) for item in read.items}
    assert names == {
        ("table", "parted", "parted"),
        ("column", "parted", "id"),
        ("index", "parted", "parted_id_idx"),
        ("table", "parent", "parent"),
        ("column", "parent", "id"),
        ("check", "parent", "parent_id_check"),
        ("table", "child", "child"),
        ("column", "child", "own"),
    }
    assert {item.schema for item in database.read(None, "elsewhere").items} == {None, "elsewhere"}


def test_there_is_nothing_in_a_schema_that_is_not_there(database: Database) -> None:
    database.become("CREATE TABLE t (id integer)")
    assert database.read("nowhere").items == ()
    database.query("SET search_path = nowhere")
    assert database.read().items == ()


def test_texts_depend_on_no_other_schema_of_the_search_path_and_it_stays_as_it_was(database: Database) -> None:
    database.become("")
    database.become(
        "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m public.mood DEFAULT 'a'); CREATE VIEW v AS SELECT * FROM t;"
        "CREATE TYPE public.feeling AS ENUM ('a'); CREATE TABLE u (f public.feeling)".replace("public.mood", "mood"),
        "app",
    )
    alone = database.read()
    database.query("SET search_path = app, public")
    among = database.read()
    assert among.fingerprint == alone.fingerprint
    assert database.query("SHOW search_path") == [("app, public",)]
    [of_other_schema] = [item for item in among.items if item.name == "f"]
    assert of_other_schema.fact("type") == "public.feeling"
    database.query("SET search_path = public")
    assert {item.schema for item in database.read("app").items} == {"app"}


def test_what_keeps_it_from_being_read_is_told_and_not_what_follows_from_that(database: Database) -> None:
    database.become("CREATE TABLE t (id integer)")

    def query(sql: str) -> list[tuple[object, ...]]:
        if "pg_attrdef" in sql:
            raise ValueError("the first error")
        if "set_config('search_path', 'public, other'" in sql:
            raise ValueError("the transaction is aborted")
        return database.query(sql)

    database.query("CREATE SCHEMA IF NOT EXISTS other")
    database.query("SET search_path = public, other")
    with pytest.raises(ValueError, match="the first error"):
        Catalogs().read(query, (None,))
    database.query("SET search_path = public")


def test_the_order_in_which_things_were_made_does_not_matter(database: Database) -> None:
    one = "CREATE TABLE a (x integer PRIMARY KEY, y text)"
    other = "CREATE TABLE b (z serial)"
    keys = [
        "CREATE INDEX i ON a (y)",
        "ALTER TABLE a ADD CHECK (x > 0)",
        "ALTER TABLE b ADD FOREIGN KEY (z) REFERENCES a",
    ]
    database.become(";".join([one, other, *keys]))
    first = database.read()
    swapped = "CREATE TABLE a (y text, gone integer, x integer PRIMARY KEY); ALTER TABLE a DROP gone"
    database.become(";".join([other, swapped, *reversed(keys)]))
    second = database.read()
    assert first.fingerprint == second.fingerprint
    assert compare(first, second) == []
    assert [item.name for item in first.parts((None, "a"), "column")] == ["x", "y"]


LONG, WIDE = "a" * 60, "ü" * 31


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE t (a serial PRIMARY KEY, b integer UNIQUE CHECK (b > 0), c integer REFERENCES t, CHECK (a > b))",
        "CREATE TABLE t (a integer, b integer, UNIQUE (a, b), UNIQUE (b, a) INCLUDE (a), CHECK (a > 0), CHECK (a > 1))",
        "CREATE TABLE t (a integer, b text); CREATE INDEX ON t (a, lower(b)); CREATE INDEX ON t (a) INCLUDE (b)",
        "CREATE TABLE t (a int); CREATE INDEX ON t ((a + 1), (a + 2)); CREATE INDEX ON t (a); CREATE INDEX ON t (a)",
        "CREATE TABLE t (r int4range, EXCLUDE USING gist (r WITH &&))",
        f"CREATE TABLE {LONG} ({LONG} serial UNIQUE CHECK ({LONG} > 0), b integer PRIMARY KEY)",
        f"CREATE TABLE {LONG} (a integer); CREATE INDEX ON {LONG} (a, (a + 1))",
        f"CREATE TABLE t (a serial, {LONG} serial UNIQUE, UNIQUE (a, {LONG}))",
        f'CREATE TABLE "{WIDE}" ("{WIDE}" serial UNIQUE PRIMARY KEY)',
    ],
)
def test_names_that_the_database_makes_up_are_known_as_such(database: Database, script: str) -> None:
    database.become(script)
    items = [item for item in database.read().items if item.kind not in ("table", "column")]
    assert items
    assert [item.name for item in items if item.is_named] == []


def test_names_that_somebody_has_chosen_are_known_as_such(database: Database) -> None:
    database.become(
        """
        CREATE TABLE t (a integer CONSTRAINT pk_t PRIMARY KEY, b integer CONSTRAINT t_a_key UNIQUE);
        CREATE INDEX ix_t_a ON t (a);
        CREATE SEQUENCE t_a_seq;
        CREATE SEQUENCE s OWNED BY t.a;
        """
    )
    items = [item for item in database.read().items if item.kind not in ("table", "column")]
    assert sorted(item.name for item in items if item.is_named) == ["ix_t_a", "pk_t", "s", "t_a_key", "t_a_seq"]


def test_there_are_as_many_queries_for_many_tables_as_for_none(database: Database) -> None:
    counts = []
    for number in (0, 50):
        database.become(";".join(f"CREATE TABLE t{n} (id serial PRIMARY KEY, a text UNIQUE)" for n in range(number)))
        database.statements.clear()
        assert len(database.read().tables) == number
        counts.append(len(database.statements))
    assert counts[0] == counts[1] <= 18


@pytest.mark.parametrize(
    "wanted",
    [
        "id serial PRIMARY KEY",
        "id bigserial PRIMARY KEY",
        "id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        "id bigint GENERATED ALWAYS AS IDENTITY (START 3) PRIMARY KEY",
    ],
)
@pytest.mark.parametrize("numbers", [(), (5, 7), (-3,)])
def test_numbers_go_on_behind_the_highest(database: Database, wanted: str, numbers: tuple[int, ...]) -> None:
    database.become(f"CREATE TABLE t ({wanted}, a text)")
    catalog = database.read()
    for start in (
        "id integer PRIMARY KEY",
        "id serial PRIMARY KEY",
        "id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    ):
        database.become(f"CREATE TABLE t ({start}, a text)")
        for number in numbers:
            database.query(f"INSERT INTO t OVERRIDING SYSTEM VALUE VALUES ({number})")
        if numbers and "integer" not in start:
            database.query("SELECT setval(pg_get_serial_sequence('t', 'id'), 7)")
        found = database.read()
        if found.fingerprint == catalog.fingerprint:
            continue
        database.alter(found, catalog)
        [[new]] = database.query("INSERT INTO t (a) VALUES ('x') RETURNING id")
        assert new > max([0, *numbers])


def test_what_has_a_chosen_name_keeps_it_where_the_database_would_make_one_up(database: Database) -> None:
    database.become("CREATE TABLE t (a integer PRIMARY KEY); COMMENT ON CONSTRAINT t_pkey ON t IS 'new'")
    wanted = database.read()
    database.become("CREATE TABLE t (a integer CONSTRAINT chosen PRIMARY KEY)")
    found = database.read()
    database.alter(found, wanted)
    assert database.query("SELECT conname, obj_description(oid) FROM pg_constraint WHERE conrelid = 't'::regclass") == [
        ("chosen", "new")
    ]


def test_a_chosen_name_becomes_a_made_up_one_where_names_are_to_be_the_same(database: Database) -> None:
    database.become("CREATE TABLE t (a serial PRIMARY KEY, b integer UNIQUE); CREATE INDEX ON t (b)")
    wanted = database.read()
    database.become(
        "CREATE TABLE t (a serial CONSTRAINT c PRIMARY KEY, b integer CONSTRAINT u UNIQUE); CREATE INDEX i ON t (b);"
        "ALTER SEQUENCE t_a_seq RENAME TO s"
    )
    found = database.read()
    database.run(Catalogs().alter(compare(found, wanted, exactly=True), found, wanted))
    assert database.read().fingerprint == wanted.fingerprint


def test_what_has_to_be_made_again_may_be_used_by_those_who_could(database: Database) -> None:
    def script(type_: str, parents: str) -> str:
        return f"""
            CREATE TABLE p (a integer);
            CREATE TABLE t (id {type_});
            CREATE TABLE h (b integer) {parents};
            CREATE VIEW v AS SELECT id FROM t;
            CREATE FUNCTION f(x t) RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT max(id)::integer FROM t; END;
            """

    grants = """
        GRANT SELECT, UPDATE ON v, h TO pg_monitor WITH GRANT OPTION;
        GRANT SELECT ON v TO PUBLIC;
        REVOKE ALL ON FUNCTION f(t) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION f(t) TO pg_monitor;
        """
    asked = (
        "SELECT relname, one::text FROM pg_class, unnest(relacl) one WHERE relname IN ('v', 'h')"
        " UNION ALL SELECT proname, one::text FROM pg_proc, unnest(proacl) one WHERE proname = 'f' ORDER BY 1, 2"
    )
    database.become(script("bigint", "") + "GRANT DELETE ON v TO PUBLIC")
    wanted = database.read()
    database.become(script("integer", "INHERITS (p)") + grants)
    allowed = database.query(asked)
    found = database.read()
    database.alter(found, wanted)
    assert compare(database.read(), wanted) == []
    assert database.query(asked) == allowed


def test_nothing_is_changed_that_is_not_among_the_differences(database: Database) -> None:
    database.become("CREATE TABLE t (a bigint, b integer NOT NULL, UNIQUE (b, a)); CREATE VIEW v AS SELECT a FROM t")
    wanted = database.read()
    database.become(
        "CREATE TABLE t (a integer, b integer); CREATE VIEW v AS SELECT a, b FROM t; CREATE INDEX i ON t (b)"
    )
    found = database.read()
    [one] = [one for one in compare(found, wanted) if one.item.name == "a"]
    database.run(Catalogs().alter([one], found, wanted))
    left = {other.item.label for other in compare(database.read(), wanted)}
    assert left == {other.item.label for other in compare(found, wanted)} - {one.item.label}


def test_an_index_that_was_left_half_made_is_told_from_one_that_is_valid(database: Database) -> None:
    database.become("CREATE TABLE t (a integer); CREATE INDEX i ON t (a)")
    valid = database.read()
    database.query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass")
    invalid = database.read()
    assert valid.fingerprint != invalid.fingerprint
    database.alter(invalid, valid)
    assert database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass") == [(True,)]
    assert [item.kind for item in valid.items] == [TABLE, "column", INDEX]
    assert SEQUENCE not in {item.kind for item in valid.items}


_TYPES = ("integer", "bigint", "text", "varchar(20)", "numeric(10,2)", "boolean", "mood", "mood[]", "positive")
_DEFAULTS = {"integer": "3", "bigint": "4", "text": "'x'", "varchar(20)": "'y'", "mood": "'a'", "positive": "5"}


@st.composite
def _schema(draw: st.DrawFn) -> str:
    labels = draw(
        st.lists(st.sampled_from("abcd"), unique=True).map(lambda some: ["a", *(x for x in some if x != "a")])
    )
    statements = [
        f"CREATE TYPE mood AS ENUM ({', '.join(repr(label) for label in draw(st.permutations(labels)))})",
        f"CREATE DOMAIN positive AS {draw(st.sampled_from(('integer', 'bigint')))} CHECK (value > 0)",
    ]
    tables = draw(st.lists(st.sampled_from(("t", "u", "v w")), unique=True))
    keys = []
    for table in tables:
        columns = draw(st.dictionaries(st.sampled_from(("a", "B", "c d", "e")), st.sampled_from(_TYPES), max_size=4))
        kind = draw(st.sampled_from(("serial", "integer", "bigint GENERATED BY DEFAULT AS IDENTITY")))
        told = [f"id {kind} PRIMARY KEY"]
        for name, type_ in columns.items():
            default = draw(st.booleans()) and type_ in _DEFAULTS
            not_null = draw(st.booleans())
            told.append(f'"{name}" {type_}{f" DEFAULT {_DEFAULTS[type_]}" if default else ""}{" NOT NULL" * not_null}')
        statements.append(f'CREATE TABLE "{table}" ({", ".join(told)})')
        for name, type_ in columns.items():
            what = draw(st.sampled_from(("nothing", "index", "unique", "foreign key", "check", "view", "partial")))
            keys += _key(what, table, name, type_, draw(st.sampled_from(tables)))
    return ";\n".join([*statements, *keys])


def _key(what: str, table: str, column: str, type_: str, other: str) -> list[str]:
    made = {
        "index": f'CREATE INDEX ON "{table}" ("{column}")',
        "unique": f'ALTER TABLE "{table}" ADD UNIQUE ("{column}", id)',
        "check": f'ALTER TABLE "{table}" ADD CHECK ("{column}" IS NOT NULL OR id > 3)',
        "view": f'CREATE VIEW "{table} {column}" AS SELECT "{column}", id FROM "{table}"',
        "partial": f'CREATE INDEX "{table} {column} i" ON "{table}" ("{column}") WHERE "{column}" = "{column}"',
    }
    if type_ in ("integer", "bigint"):
        made["foreign key"] = f'ALTER TABLE "{table}" ADD FOREIGN KEY ("{column}") REFERENCES "{other}"'
    return [made[what]] if what in made else []


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(_schema(), _schema())
def test_any_schema_becomes_any_other(database: Database, before: str, after: str) -> None:
    database.become(after)
    wanted = database.read()
    database.become(before)
    found = database.read()
    for end in (wanted, found):
        database.alter(database.read(), end)  # names that nobody has chosen may not be those of the one wanted
        read = database.read()
        assert [str(left) for left in compare(read, end)] == []
        assert read.fingerprint == end.fingerprint


INDEXES = (
    "(a)",
    "(b)",
    "(b, a)",
    "(a) INCLUDE (b)",
    "(a DESC)",
    "(a NULLS FIRST)",
    '(a COLLATE "C")',
    "(a text_pattern_ops)",
    "(lower(a))",
    "(upper(a))",
    "(a) WHERE b > 0",
    "(a) WHERE b > 1",
    "(a) WITH (fillfactor = 50)",
    "USING hash (a)",
    "USING brin (b int4_minmax_multi_ops (values_per_range = 16))",
    "USING brin (b int4_minmax_multi_ops (values_per_range = 32))",
    "USING gist (c)",
    "USING gist (c tsvector_ops (siglen = 100))",
    "USING gist (c tsvector_ops (siglen = 200))",
)


def test_each_index_has_a_text_of_its_own_and_whoever_makes_it_again_the_same(database: Database) -> None:
    database.become("CREATE TABLE t (a text, b integer, c tsvector)")
    found = {}
    for index in (*INDEXES, *INDEXES):
        database.query(f"CREATE INDEX i ON t {index}")
        text = Catalogs().texts(database.query, [None])[None, "t"]
        assert found.setdefault(index, text) == text
        database.query("DROP INDEX i")
    assert len(set(found.values())) == len(INDEXES)


def test_a_signature_is_of_all_catalogs_that_are_read() -> None:
    texts = [Path(module.__file__ or "").read_text() for module in (keys, reading, routines, sources, tables, types)]
    named = {name for text in texts for name in re.findall(r"(?:FROM|JOIN) (pg_\w+)", text)}
    assert {"pg_attribute", "pg_class", "pg_index"} < named
    assert named - signature._CATALOGS.keys() == {"pg_roles"}, "models can say nothing of these"


def test_a_signature_stays_while_nothing_is_changed_and_is_of_one_database_and_session(
    database: Database, make_database: Callable[[str], str]
) -> None:
    database.become("CREATE TABLE t (id integer PRIMARY KEY, name text DEFAULT 'x')")
    first = database.signature()
    database.query("INSERT INTO t SELECT generate_series(1, 1000)")
    database.query("ANALYZE")
    assert database.signature() == first
    database.query("SET search_path = public, pg_catalog")
    assert database.signature() != first
    database.query("SET search_path = public")
    assert database.signature() == first
    with closing(Database(make_database("postgresql"))) as other:
        other.become("CREATE TABLE t (id integer PRIMARY KEY, name text DEFAULT 'x')")
        assert other.signature() != first


def test_what_is_changed_and_changed_back_has_another_signature_also_within_a_transaction(database: Database) -> None:
    database.become("CREATE TABLE t (id integer, name text)")
    seen = [database.signature()]
    database.query("BEGIN")
    for name in ("title", "label", "name"):
        database.query(f"ALTER TABLE t RENAME COLUMN name TO {name}x")
        seen.append(database.signature())
        database.query(f"ALTER TABLE t RENAME COLUMN {name}x TO name")
        seen.append(database.signature())
    database.query("ROLLBACK")
    assert len(set(seen)) == len(seen)
    assert database.signature() == seen[0]


@pytest.mark.parametrize("version", ["PostgreSQL 11.2-YB-2.25.0.0-b0 on x86_64", "CockroachDB CCL v24.1.0"])
def test_a_server_that_only_speaks_as_postgresql_has_no_signature(version: str) -> None:
    assert signature.signature(lambda _: [(version, "now", "public", "none", 5)]) == ""
