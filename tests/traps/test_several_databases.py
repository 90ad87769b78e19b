"""One env.py, several databases (the multidb template, onyx, dispatch): all or nothing, and the truth about each."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.graphs import A1, A2, A3
from conformance.pair import MULTIDB, graph_pair
from conformance.projects import make_multidb
from conformance.stage import Stage
from conformance.tools import Tool, ours, stock

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])


def test_second_database_fails(kind: str, stage: Stage, tmp_path: Path) -> None:
    """multidb commits all databases at the end: a failure in the second takes the first one back, where DDL can be."""
    pair = graph_pair("multidb", kind, stage, tmp_path)
    for side in (pair.stock, pair.ours):
        side.places[1].run(f"CREATE TABLE t_{A2}_2 (id INTEGER)")
    one, other = pair.run(["upgrade", "head"])
    assert (one.code, other.code) == (1, 3)
    assert pair.stock.see() == pair.ours.see(), other.err
    assert A2 in other.err


@_EACH_TOOL
def test_two_phase_commit(tool: Tool, stage: Stage, tmp_path: Path) -> None:
    """USE_TWOPHASE = True; MariaDB's XA knows no DDL inside, so that is stamp's business."""
    places = stage.places("mariadb", 2)
    make_multidb(tmp_path, [place.url for place in places], MULTIDB)
    tool("upgrade", A1, cwd=tmp_path).ok()
    env = tmp_path / "alembic" / "env.py"
    env.write_text(env.read_text().replace("USE_TWOPHASE = False", "USE_TWOPHASE = True"))
    tool("stamp", A3, cwd=tmp_path).ok()
    assert [place.versions() for place in places] == [[A3], [A3]]


def test_databases_at_different_places(stage: Stage, tmp_path: Path, kind: str) -> None:
    """Each database goes from where it is."""
    pair = graph_pair("multidb", kind, stage, tmp_path)
    for side in (pair.stock, pair.ours):
        side.run(stock, ["upgrade", A2]).ok()
        side.places[1].run(f"DROP TABLE t_{A2}_2", f"UPDATE alembic_version SET version_num = '{A1}'")
    one, other = pair.run(["upgrade", "head"])
    assert (one.code, other.code) == (0, 0), other
    assert pair.stock.see() == pair.ours.see()
    one, other = pair.run(["downgrade", "-1"])
    assert pair.stock.see() == pair.ours.see()


def test_the_first_database_is_not_committed(stage: Stage, tmp_path: Path) -> None:
    """A commit that env.py forgets for one of the databases is not covered by the other one's."""
    for kind in ("sqlite", "postgresql"):
        places = stage.places(kind, 2)
        folder = make_multidb(tmp_path / kind, [place.url for place in places], MULTIDB)
        env = folder / "alembic" / "env.py"
        text = env.read_text()
        assert '        for rec in engines.values():\n            rec["transaction"].commit()' in text
        env.write_text(text.replace('        for rec in engines.values():\n            rec["transaction"].commit()',
                                    '        engines["engine2"]["transaction"].commit()'))  # fmt: skip
        done = ours("upgrade", "head", cwd=folder)
        assert done.code == 3
        assert "error[WB403]" in done.err
        assert [place.versions() for place in places] == [[], [A3]]


def test_the_same_database_twice(stage: Stage, tmp_path: Path) -> None:
    """Two sections with one URL and two version tables; each visit looks at its own."""
    [place] = stage.places("postgresql", 1)
    make_multidb(tmp_path, [place.url, place.url], MULTIDB)
    env = tmp_path / "alembic" / "env.py"
    text = env.read_text().replace('rec["transaction"] = conn.begin()', "pass").replace(
        'upgrade_token="%s_upgrades" % name,', 'upgrade_token="%s_upgrades" % name, version_table=f"versions_{name}",').replace(
        "            context.run_migrations(engine_name=name)\n\n        if",
        "            with context.begin_transaction():\n                context.run_migrations(engine_name=name)\n\n        if").replace(
        'rec["transaction"].commit()', "pass").replace('rec["transaction"].rollback()', "pass")  # fmt: skip
    env.write_text(text)
    ours("upgrade", "head", cwd=tmp_path).ok()
    assert {"versions_engine1", "versions_engine2"} <= place.tables()
    assert ours("current", cwd=tmp_path).ok().out == f"{A3} (head)\n" * 2
    assert stock("current", cwd=tmp_path).ok().out == f"{A3} (head)\n" * 2
