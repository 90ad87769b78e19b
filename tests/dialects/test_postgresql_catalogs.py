"""A schema of PostgreSQL becomes another by the statements of its catalog, and pg_dump cannot tell them apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.databases import needs_tools
from support.postgresql import Database, two_databases
from whimbrel.catalog import Catalog, compare

pytestmark = [needs_tools, pytest.mark.timeout(600)]  # the first test is the journey of them all

_SCRIPT = Path(__file__).with_name("postgresql_catalogs.sql").read_text(encoding="utf-8")
CASES = {
    name: dict(re.findall(r"(?s)-- (before|after|rows|kept)\n(.*?)(?=\n-- |\Z)", text))
    for name, text in re.findall(r"(?s)-- === ([^\n]+)\n(.*?)(?=\n\n-- ===|\Z)", _SCRIPT)
}
"""Pairs of schemas, in SQL."""


ROUTE = {"from nothing": "after", "gone": "nothing", "there": "after", "back": "before"}
"""The stages of each schema on its way, and what it is to be there."""


class Journey:
    """What became of a schema on its way. All travel at once, so that pg_dump is called a few times for all of them."""

    def __init__(self, name: str, number: int) -> None:
        self.scripts = CASES[name]
        self.schema = f"case{number}"
        self.catalogs = {"nothing": Catalog()}
        self.dumps: dict[str, list[str]] = {}
        self.answers: list[list[str]] = []
        self.error: AssertionError | None = None

    def ask(self, database: Database) -> None:
        if question := self.scripts.get("kept"):
            self.answers.append(sorted(map(str, database.query(question))))

    def start(self, database: Database) -> None:
        database.become(self.scripts.get("before", "") + self.scripts.get("rows", ""), self.schema)
        self.ask(database)

    def move(self, database: Database, stage: str, start: str) -> None:
        if self.error is None:
            database.query(f"SET search_path = {self.schema}")
            try:
                database.alter(self.catalogs[start], self.catalogs[ROUTE[stage]])
                self.catalogs[stage] = database.read()
                if stage in ("there", "back"):
                    self.ask(database)
            except AssertionError as error:
                self.error = error


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Journey]]:
    all_of_them = {name: Journey(name, number) for number, name in enumerate(CASES)}
    with two_databases(tmp_path_factory.mktemp("databases")) as (work, other):

        def note(stage: str, database: Database) -> None:
            told = database.dump()
            for one in all_of_them.values():
                one.dumps[stage] = told.get(one.schema, [])

        for name in ("before", "after"):
            for one in all_of_them.values():
                other.become(one.scripts.get(name, ""), one.schema)
                one.catalogs[name] = other.read()
            note(name, other)
        for one in all_of_them.values():
            one.dumps["nothing"] = []
            work.become("", one.schema)
        start = "nothing"
        for stage, wanted in ROUTE.items():
            for one in all_of_them.values():
                if stage == "there":
                    one.start(work)
                one.move(work, stage, "before" if stage == "there" else start)
            note(stage, work)
            start = wanted
        yield all_of_them


@pytest.mark.parametrize("name", CASES)
def test_a_schema_is_made_from_nothing_and_dropped_and_becomes_another_and_itself_again(
    journeys: dict[str, Journey], name: str
) -> None:
    one = journeys[name]
    if one.error:
        raise one.error
    assert one.catalogs["before"].fingerprint != one.catalogs["after"].fingerprint
    for stage, wanted in ROUTE.items():
        assert [str(left) for left in compare(one.catalogs[stage], one.catalogs[wanted])] == [], stage
        assert one.catalogs[stage].fingerprint == one.catalogs[wanted].fingerprint
        assert one.dumps[stage] == one.dumps[wanted]


@pytest.mark.parametrize("name", [name for name in CASES if "kept" in CASES[name]])
def test_rows_are_kept_in_both_directions(journeys: dict[str, Journey], name: str) -> None:
    first, there, back = journeys[name].answers
    assert first
    assert there == first
    assert back == first


FACTS = {
    "table": "unlogged, options, partition by, inherits, of type, replica identity, row security, "
    "force row security, comment",
    "column": "type, not null, default, generated, identity, collation, storage, compression, statistics, "
    "options, comment",
    "sequence": "type, start, increment, minvalue, maxvalue, cache, cycle, unlogged, column, comment",
    "primary key": "definition, replica identity, comment",
    "unique": "definition, options",
    "foreign key": "definition",
    "check": "definition",
    "exclusion": "definition",
    "index": "definition, on, clustered, replica identity, statistics, comment",
    "statistics": "definition, target, comment",
    "enum": "labels, comment",
    "domain": "type, not null, default, constraint c, comment",
    "composite type": "attributes, comment, comment on a",
    "collation": "provider, locale, lc_collate, lc_ctype, deterministic, comment",
    "range type": "subtype, subtype_diff, multirange_type_name",
    "view": "definition, columns, options, comment, comment on c, default of id",
    "materialized view": "definition, columns, options, comment",
    "function": "definition, signature, comment",
    "procedure": "definition, signature, comment",
    "aggregate": "definition, signature, comment",
    "trigger": "definition, constraint, on, enabled, comment",
    "rule": "definition, enabled, comment",
    "policy": "restrictive, for, to, using, with check, comment",
}


@pytest.mark.parametrize("kind", FACTS)
def test_every_fact_is_different_in_one_of_the_pairs(journeys: dict[str, Journey], kind: str) -> None:
    seen = set()
    for one in journeys.values():
        before, after = (
            {(item.key, *fact) for item in one.catalogs[stage].items if item.kind == kind for fact in item.facts}
            for stage in ("before", "after")
        )
        seen |= {name for _, name, _ in before ^ after}
    assert set(FACTS[kind].split(", ")) <= seen
