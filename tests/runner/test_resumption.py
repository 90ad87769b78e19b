"""What is done of a revision that was left in the middle, decided from the journal alone."""

from __future__ import annotations

import pytest

from whimbrel.dialects.statement import read_statement
from whimbrel.journal.book import AGAIN, FINISHED, HAPPENED, REFUSED, STARTED, UNDECIDED, Entry
from whimbrel.runner.resumption import Mismatch, Resumption, entry_of, image_hash, is_done

IMAGE = "the image"


def entry(sql: str, parameters: object = None, seq: int = 0, **values: object) -> Entry:
    return entry_of(seq, read_statement(sql), sql, parameters, "salt")._replace(**values)


def noted(*statements: tuple[str, str] | tuple[str, str, object]) -> list[Entry]:
    """The journal of an interrupted run: each statement with its state, and its parameters if there are any."""
    entries = []
    for seq, (sql, state, *parameters) in enumerate(statements, 1):
        image = IMAGE if state in (STARTED, UNDECIDED) else None
        made = entry(sql, *parameters, seq=seq, state=state)
        entries.append(made._replace(before_image=image_hash(image)))
    return entries


A, B, C = "CREATE TABLE a (x int)", "CREATE TABLE b (x int)", "CREATE TABLE c (x int)"
INSERT, UPDATE = "INSERT INTO a VALUES (1)", "UPDATE a SET x = x + 1"
TWICE = [(UPDATE, FINISHED), (UPDATE, FINISHED), (B, STARTED)]

DECISIONS: list[tuple[str, list[Entry], list[str], list[int | None]]] = [
    ("nothing is noted", [], [A, B], [None, None]),
    ("all that is noted is skipped, what follows is new", noted((A, FINISHED), (B, FINISHED)), [A, B, C], [1, 2, None]),
    ("the one that was begun is looked at", noted((A, FINISHED), (B, STARTED)), [A, B, C], [1, 2, None]),
    ("the same twice is matched twice", noted(*TWICE), [UPDATE, UPDATE, UPDATE, B], [1, 2]),
    ("one that looks first leaves out what is there", noted((A, FINISHED), (B, FINISHED)), [B, C], [2, None]),
    ("also all of it, if a human says so", noted((A, FINISHED), (B, HAPPENED)), [C], [None]),
    ("what was refused is no end", noted((A, FINISHED), (B, REFUSED)), [A, C], [1, None]),
    ("what a human says has happened has", noted((A, FINISHED), (B, HAPPENED)), [A, B], [1, 2]),
    ("what a human says has not is redone", noted((A, FINISHED), (B, AGAIN)), [A, B], [1, 2]),
]


@pytest.mark.parametrize(
    ("entries", "run", "matches"), [row[1:] for row in DECISIONS], ids=[row[0] for row in DECISIONS]
)
def test_each_statement_is_found_in_the_journal_or_is_new(
    entries: list[Entry], run: list[str], matches: list[int | None]
) -> None:
    resumption = Resumption(entries)
    for sql, seq in zip(run, matches):
        found = resumption.match(entry(sql))
        assert (found and found.seq) == seq, sql


MISMATCHES: list[tuple[str, list[Entry], list[Entry], int]] = [
    ("other parameters", noted((INSERT, FINISHED, {"x": 1})), [entry(INSERT, {"x": 2})], 1),
    ("parameters where there were none", noted((INSERT, FINISHED)), [entry(INSERT, (1,))], 1),
    ("not all of it, as more may have stood behind it", noted((A, FINISHED), (B, FINISHED)), [entry(C)], 2),
    ("another text", noted((INSERT, FINISHED)), [entry("INSERT INTO a VALUES (2)")], 1),
    ("rows that it does not come to again", noted((INSERT, FINISHED), (B, FINISHED)), [entry(B)], 1),
    ("rows before another new statement", noted((INSERT, FINISHED)), [entry(C)], 1),
    ("rows that a WITH has deleted", noted(("WITH x AS (SELECT 1) DELETE FROM a", FINISHED)), [entry(C)], 1),
    ("rows that were returned", [entry("CALL p()", seq=1, state=FINISHED, returned="not kept")], [entry(C)], 1),
    ("the second of three", noted((INSERT, FINISHED), (UPDATE, FINISHED), (B, STARTED)), [entry(INSERT), entry(B)], 2),
    ("a table that is made in another way", noted((A, FINISHED)), [entry("CREATE TABLE a (y int)")], 1),
]


@pytest.mark.parametrize(("entries", "run", "seq"), [row[1:] for row in MISMATCHES], ids=[row[0] for row in MISMATCHES])
def test_a_revision_that_does_something_else_than_before_is_stopped(
    entries: list[Entry], run: list[Entry], seq: int
) -> None:
    with pytest.raises(Mismatch) as stopped:
        _match_all(Resumption(entries), run)
    assert stopped.value.args[0].seq == seq
    assert stopped.value.args[1]


def _match_all(resumption: Resumption, run: list[Entry]) -> None:
    for one in run:
        resumption.match(one)


def test_the_statement_that_differs_is_blamed_not_one_that_is_passed_over() -> None:
    """A human decides about the one that is named; deciding about another would not help."""
    entries = noted((A, FINISHED), (INSERT, FINISHED, {"now": 1}))
    with pytest.raises(Mismatch) as stopped:
        Resumption(entries).match(entry(INSERT, {"now": 2}))
    assert stopped.value.args[0].seq == 2
    decided = Resumption([entries[0], entries[1]._replace(state=HAPPENED)])
    found = decided.match(entry(INSERT, {"now": 3}))
    assert found is not None
    assert (found.seq, is_done(found)) == (2, True)


def test_what_is_passed_over_is_handed_on_to_be_judged() -> None:
    resumption = Resumption(noted((A, STARTED), (B, FINISHED), (C, FINISHED)))
    assert resumption
    resumption.match(entry(C))
    assert [(one.seq, one.state) for one in resumption.passed_over] == [(1, STARTED), (2, FINISHED)]
    assert not resumption


def test_a_human_decides_whatever_the_parameters_are_now() -> None:
    resumption = Resumption(noted((INSERT, HAPPENED, {"id": "one uuid"}), (UPDATE, FINISHED)))
    found = resumption.match(entry(INSERT, {"id": "another uuid"}))
    assert found is not None
    assert found.seq == 1
    with pytest.raises(Mismatch):
        resumption.match(entry(UPDATE, {"x": 1}))


def test_only_what_is_finished_or_said_to_have_happened_is_done() -> None:
    states = {state: is_done(Entry(1, state, "", "", "")) for state in (STARTED, FINISHED, HAPPENED, AGAIN, UNDECIDED)}
    assert states == {STARTED: False, FINISHED: True, HAPPENED: True, AGAIN: False, UNDECIDED: False}


def test_values_are_kept_as_hashes_that_differ_from_revision_to_revision() -> None:
    sql, read = "INSERT INTO users VALUES (%s)", read_statement("INSERT INTO users VALUES (%s)")
    here, there = (entry_of(1, read, sql, ("s3cret",), salt) for salt in ("aaaa/upgrade", "bbbb/upgrade"))
    assert "s3cret" not in repr((here, there))
    assert here.parameters_sha256 != there.parameters_sha256
    assert here.sql_sha256 == there.sql_sha256
    assert entry_of(1, read, sql, (), "x").parameters_sha256 == ""
    assert entry_of(1, read, "\ud800", None, "x").sql_sha256
    assert len(entry_of(1, read_statement(f"DROP TABLE {'x' * 500}"), "", None, "").summary) <= 255


def test_no_image_is_told_from_an_empty_one() -> None:
    assert image_hash(None) is None
    assert image_hash("") not in (None, "")
    assert image_hash("a") != image_hash("b")
