"""One env.py, several databases (the multidb template, onyx, dispatch): all or nothing, and the truth about each."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.graphs import A1, A2, A3
from conformance.pair import MULTIDB, graph_pair
from conformance.projects import make_multidb
from conformance.stage import Stage
from conformance.tools import Tool, ours, stock
from support.cli import Result
from support.projects import linear

from .trees import project

_EACH_TOOL = pytest.mark.parametrize("tool", [stock, ours], ids=["alembic", "whimbrel"])


def test_second_database_fails(kind: str, stage: Stage, tmp_path: Path) -> None:
    """multidb commits all databases at the end: a failure in the second takes the first one back, where DDL can be.

    On SQLite stock Alembic leaves the tables behind and takes only the version back; whimbrel leaves nothing.
    """
    pair = graph_pair("multidb", kind, stage, tmp_path)
    for side in (pair.stock, pair.ours):
        side.places[1].run(f"CREATE TABLE t_{A2}_2 (id INTEGER)")
    one, other = pair.run(["upgrade", "head"])
    assert (one.code, other.code) == (1, 3)
    if kind == "sqlite":
        assert [place.tables() for place in pair.ours.places] == [{"alembic_version"}, {"alembic_version", f"t_{A2}_2"}]
    else:
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


_ONE_BY_ONE = """
from alembic import context
from sqlalchemy import create_engine, pool

for url in @URLS@:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""


def _fields(done: Result) -> dict[str, str]:
    """The fields of the error that a command ended with."""
    lines = (line.partition(":") for line in done.err.splitlines() if line.startswith("  "))
    return {name.strip(): text.strip() for name, _, text in lines}


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_database_that_failed_is_named(kind: str, stage: Stage, tmp_path: Path) -> None:
    """Each database is committed before the next one: the first is done, and the third was never reached."""
    places = stage.places(kind, 3)
    env = _ONE_BY_ONE.replace("@URLS@", repr([place.url for place in places]))
    project(tmp_path, places[0].url, *linear(A1, A2), env=env)
    places[1].run(f"CREATE TABLE t_{A2} (id INTEGER)")
    failed = _fields(ours("upgrade", "head", cwd=tmp_path))
    assert failed["where"].endswith(f", on {places[1].url}")
    assert failed["state"].startswith(f"at {A1}, 1 of 2 revisions applied")
    assert failed["state"].endswith(f"; completed: {places[0].url}")
    assert [place.versions() for place in places] == [[A2], [A1], []]


def test_what_is_taken_back_with_the_one_that_failed_is_told(stage: Stage, tmp_path: Path) -> None:
    """multidb commits at the end."""
    places = stage.places("postgresql", 2)
    make_multidb(tmp_path, [place.url for place in places], MULTIDB)
    places[1].run(f"CREATE TABLE t_{A2}_2 (id INTEGER)")
    failed = _fields(ours("upgrade", "head", cwd=tmp_path))
    assert failed["where"].endswith(f", on {places[1].url}")
    assert failed["state"].startswith("at base, 0 of 3 revisions applied")
    assert failed["state"].endswith(f"; not completed: {places[0].url}")
    assert [place.versions() for place in places] == [[], []]


def test_an_env_py_that_goes_on_behind_a_failure(stage: Stage, tmp_path: Path) -> None:
    """The state is that of the database that failed, not of the one that came last."""
    places = stage.places("postgresql", 3)
    env = _ONE_BY_ONE.replace("@URLS@", repr([place.url for place in places])).replace(
        "        with context.begin_transaction():\n            context.run_migrations()\n",
        "        try:\n            with context.begin_transaction():\n                context.run_migrations()\n"
        "        except Exception:\n            pass\n")  # fmt: skip
    assert "try" in env
    project(tmp_path, places[0].url, *linear(A1, A2), env=env)
    places[1].run(f"CREATE TABLE t_{A2} (id INTEGER)")
    failed = _fields(ours("upgrade", "head", cwd=tmp_path))
    assert failed["where"].endswith(f", on {places[1].url}")
    assert failed["state"].startswith(f"at {A1}, 1 of 2 revisions applied")
    assert failed["state"].endswith(f"; completed: {places[0].url}, {places[2].url}")


def test_an_env_py_that_raises_another_error_for_the_failure(stage: Stage, tmp_path: Path) -> None:
    places = stage.places("postgresql", 2)
    env = _ONE_BY_ONE.replace("@URLS@", repr([place.url for place in places])).replace(
        "for url", "import sys\ntry:\n  for url").rstrip() + "\nexcept Exception as error:\n    sys.exit(1)\n"  # fmt: skip
    env = env.replace("\n    with", "\n      with")
    project(tmp_path, places[0].url, *linear(A1, A2), env=env)
    places[1].run(f"CREATE TABLE t_{A2} (id INTEGER)")
    done = ours("upgrade", "head", cwd=tmp_path)
    assert f"error[WB402]: revision {A2} failed" in done.err
    assert _fields(done)["where"].endswith(f", on {places[1].url}")


def test_a_second_database_that_cannot_be_reached(stage: Stage, tmp_path: Path) -> None:
    """The URL in the settings is another one: env.py is where it is looked for."""
    [place] = stage.places("postgresql", 1)
    nowhere = place.url.rpartition("/")[0] + "/no_such_database"
    env = _ONE_BY_ONE.replace("@URLS@", repr([place.url, nowhere]))
    project(tmp_path, place.url, *linear(A1), env=env)
    done = ours("upgrade", "head", cwd=tmp_path)
    assert "error[WB401]" in done.err
    failed = _fields(done)
    assert failed["where"].startswith("migrations/env.py:")
    assert "no_such_database" in failed["why"]
    assert failed["state"] == f"completed: {place.url}"
    assert "whimbrel update_db" in failed["hint"]


def test_a_second_database_at_a_revision_that_no_file_has(stage: Stage, tmp_path: Path) -> None:
    places = stage.places("postgresql", 2)
    project(
        tmp_path,
        places[0].url,
        *linear(A1),
        env=_ONE_BY_ONE.replace("@URLS@", repr([place.url for place in places])),
    )
    places[1].run(
        "CREATE TABLE alembic_version (version_num VARCHAR(32))", "INSERT INTO alembic_version VALUES ('gone')"
    )
    done = ours("upgrade", "head", cwd=tmp_path)
    assert "error[WB404]" in done.err
    assert _fields(done)["where"] == places[1].url
    assert _fields(done)["state"].endswith(f"; completed: {places[0].url}")


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
