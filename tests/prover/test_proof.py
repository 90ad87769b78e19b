"""A revision that does not do what it should, or does not lead back, is told with what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.databases import tables
from support.projects import Rev, native_project, write_revision
from whimbrel.catalog import compare
from whimbrel.errors import ProofFailed
from whimbrel.interruption import Interruption
from whimbrel.prover import Proof, Replica, declared

MADE = 'op.create_table("pets", sa.Column("id", sa.Integer, primary_key=True), sa.Column("age", sa.Integer))'
BEFORE = Rev("aaaa", upgrade=MADE, downgrade='op.drop_table("pets")')
UP = """op.create_table("owners", sa.Column("id", sa.Integer, primary_key=True))
with op.batch_alter_table("pets") as batch:
    batch.add_column(sa.Column("owner_id", sa.Integer))
    batch.create_index("ix_pets_age", ["age"])"""
DOWN = """with op.batch_alter_table("pets") as batch:
    batch.drop_index("ix_pets_age")
    batch.drop_column("owner_id")
op.drop_table("owners")"""


def models() -> sa.MetaData:
    """What the revision is to make."""
    metadata = sa.MetaData()
    sa.Table("owners", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table(
        "pets",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("age", sa.Integer, index=True),
        sa.Column("owner_id", sa.Integer),
    )
    return metadata


@pytest.fixture
def prove(url: str, tmp_path: Path, stand: Callable[..., Any]) -> Callable[..., bool]:
    """Proves a revision with these two ways."""
    folder = native_project(tmp_path / "project", url, [BEFORE])

    def prove(upgrade: str = UP, downgrade: str = DOWN) -> bool:
        stood = stand(folder, models())
        subjects = stood.look()
        [wanted] = declared(stood.environment, subjects)
        rev = Rev("bbbb", "aaaa", upgrade=upgrade, downgrade=downgrade)
        with Replica(stood.environment, subjects, Interruption()) as replica:
            replica.replay()
            path = write_revision(folder / "migrations" / "versions", rev)
            return Proof(replica, "bbbb", str(path), lambda found: compare(found[0], wanted)).run()

    return prove


def failed(prove: Callable[..., bool], **ways: str) -> ProofFailed:
    with pytest.raises(ProofFailed) as caught:
        prove(**ways)
    assert caught.value.state == "the file was written; only a scratch database was changed"
    assert str(caught.value.where).endswith("bbbb_.py")
    return caught.value


def test_a_revision_that_is_right_is_proven_and_the_configured_database_is_not_touched(
    prove: Callable[..., bool], url: str
) -> None:
    assert prove() is True
    assert tables(url) == set()


def test_a_revision_that_says_that_it_never_leads_back_is_proven_upward_alone(prove: Callable[..., bool]) -> None:
    assert prove(downgrade="raise NotImplementedError") is False
    failed(prove, upgrade="raise NotImplementedError")


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ('    batch.create_index("ix_pets_age", ["age"])', "add index ix_pets_age on pets"),
        ('    batch.add_column(sa.Column("owner_id", sa.Integer))', "add column pets.owner_id"),
        ('op.create_table("owners", sa.Column("id", sa.Integer, primary_key=True))', "add table owners"),
    ],
)
def test_what_the_upgrade_does_not_make_is_named(line: str, missing: str, prove: Callable[..., bool]) -> None:
    assert line in UP
    error = failed(prove, upgrade=UP.replace(line, ""))
    assert error.what == "revision bbbb is not proven: upgrade() does not make what the models say"
    assert error.differences == (missing,)
    assert error.why == f"still to be done: {missing}"
    assert "upgrade()" in str(error.hint)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ('    batch.drop_column("owner_id")', "drop column pets.owner_id"),
        ('op.drop_table("owners")', "drop table owners"),
    ],
)
def test_what_the_downgrade_leaves_is_named(line: str, left: str, prove: Callable[..., bool]) -> None:
    assert line in DOWN
    error = failed(prove, downgrade=DOWN.replace(line, ""))
    assert error.what == "revision bbbb is not proven: downgrade() does not make what was there before"
    assert error.differences == (left,)
    assert "downgrade()" in str(error.hint)


def test_what_the_downgrade_takes_too_much_is_named(prove: Callable[..., bool]) -> None:
    error = failed(prove, downgrade=f'{DOWN}\nop.drop_table("pets")')
    assert "add table pets" in error.differences


def test_an_upgrade_that_makes_something_else_is_named_both_as_it_is_and_as_it_should_be(
    prove: Callable[..., bool],
) -> None:
    error = failed(prove, upgrade=UP.replace('"owner_id", sa.Integer', '"owner_id", sa.String(20)'))
    [difference] = error.differences
    assert "pets.owner_id" in difference
    assert "type" in difference


@pytest.mark.parametrize("way", ["upgrade", "downgrade"])
def test_a_way_that_fails_is_named_with_the_reason(way: str, prove: Callable[..., bool]) -> None:
    error = failed(prove, **{way: 'op.drop_table("was_never_there")'})
    assert error.what == f"revision bbbb is not proven: its {way}() fails"
    assert "was_never_there" in str(error.why)
    assert f"{way}()" in str(error.hint)


def test_more_than_a_few_are_counted_and_all_are_kept(prove: Callable[..., bool]) -> None:
    error = failed(prove, upgrade="op.execute('SELECT 1')\n" + "\n".join(
        f'op.create_table("stray{n}", sa.Column("id", sa.Integer, primary_key=True))' for n in range(4)
    ))  # fmt: skip
    assert len(error.differences) == 7
    assert "; and 4 more" in str(error.why)
