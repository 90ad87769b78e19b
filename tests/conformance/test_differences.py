"""Every difference on purpose at work: what Alembic does, and what whimbrel does instead."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from support.projects import Rev, linear, write_revision

from . import test_stamping  # noqa: F401  # it shows some of them
from .cases import WALKS
from .differences import DIFFERENCES
from .graphs import A1, A2, A3, A4, B1, B2, B4, C1, C2, C3, GRAPHS
from .pair import MULTIDB, graph_pair
from .projects import make, make_multidb
from .showing import SHOWN, shows
from .stage import Stage
from .test_writing import _tree
from .tools import IS_NEWEST, is_too_new, ours, stock


def test_every_difference_is_shown() -> None:
    assert set(DIFFERENCES) == SHOWN
    assert {step.differs for walk in WALKS for step in walk.steps} - {None} <= set(DIFFERENCES)


@pytest.fixture
def linear_project(tmp_path: Path) -> Path:
    """Four revisions, one after the other, on SQLite."""
    return make(tmp_path, f"sqlite:///{tmp_path}/a.db", GRAPHS["linear"])


@shows("errors")
def test_errors(tmp_path: Path) -> None:
    make(tmp_path, f"sqlite:///{tmp_path}/a.db", [Rev(A1, upgrade='raise RuntimeError("no")'), Rev(A2, A1)])
    for line, stock_code, our_code in (
        ("upgrade nonsense", 255, 2), ("upgrade head", 1, 3), ("current --check-heads", 255, 1),
        ("-c other.ini heads", 255, 2), ("init alembic", 255, 6), ("nonsense", 2, 2),
    ):  # fmt: skip
        if is_too_new(line.split()):
            continue
        one, other = stock(*line.split(), cwd=tmp_path), ours(*line.split(), cwd=tmp_path)
        assert (one.code, other.code) == (stock_code, our_code), f"{line}: {one} {other}"
        assert ("FAILED: " in one.out) == (stock_code == 255)
        assert other.out == ""
        assert other.err.splitlines()[-1]
        assert "error[WB" in other.err
        assert "Traceback" not in other.err


@shows("quiet")
def test_quiet(linear_project: Path) -> None:
    assert stock("-q", "heads", cwd=linear_project).ok().out == ""
    assert ours("-q", "heads", cwd=linear_project).ok().out == f"{A4} (head)\n"
    assert stock("-q", "upgrade", "nonsense", cwd=linear_project).out == ""
    refused = ours("-q", "upgrade", "nonsense", cwd=linear_project)
    assert refused.err.startswith("error[WB")
    done = ours("-q", "upgrade", "head", cwd=linear_project).ok()
    assert done == (0, f"main  base -> {A4}  (4 revisions, verified)\n", "")


@shows("result line")
def test_result_line(linear_project: Path) -> None:
    for line, told in (
        ("upgrade +2", f"main  base -> {A2}  (2 revisions, verified)\n"), ("upgrade +0", ""), (f"upgrade {A2}", ""),
        ("downgrade -1", f"main  {A2} -> {A1}  (1 revision, verified)\n"), ("stamp head", f"main  {A1} -> {A4}  (verified)\n"),
        ("stamp head", ""),
    ):  # fmt: skip
        if line != "upgrade +0":
            assert ours(*line.split(), cwd=linear_project).ok().out == told
    assert stock("downgrade", "base", cwd=linear_project).out == ""


@shows("broken files")
def test_broken_files(linear_project: Path) -> None:
    (linear_project / "alembic" / "versions" / "broken.py").write_text("revision = (\n")
    for line in ("heads", "history", "branches", f"show {A1}", "current"):
        assert stock(*line.split(), cwd=linear_project).code == 1
        done = ours(*line.split(), cwd=linear_project).ok()
        assert "broken.py:1" in done.err, line
    assert ours("heads", cwd=linear_project).out == f"{A4} (head)\n"
    for line in ("upgrade head", "stamp head", "revision -m x", "check"):
        assert ours(*line.split(), cwd=linear_project).code == 2, line


@shows("async upgrade")
@pytest.mark.parametrize(("head", "body"), [("async def", "pass"), ("async def", "yield"), ("def", "yield")])
@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_async_upgrade(direction: str, head: str, body: str, tmp_path: Path) -> None:
    for tool in (stock, ours):
        folder, path = tmp_path / tool.__name__, f"{tmp_path}/{tool.__name__}.db"
        make(folder, f"sqlite:///{path}", linear(A1, A2))
        if direction == "downgrade":
            tool("upgrade", "head", cwd=folder).ok()
        file = folder / "alembic" / "versions" / f"{A2}_.py"
        plain = f"def {direction}():\n"
        file.write_text(file.read_text().replace(plain, f"{head} {direction}():\n    {body}\n"))
        assert f"\n{head} {direction}():\n    {body}\n" in file.read_text()
        done = tool(direction, {"upgrade": "head", "downgrade": "base"}[direction], cwd=folder)
        with sa.create_engine(f"sqlite:///{path}").connect() as connection:
            found = sa.inspect(connection)
            has = (found.has_table(f"t_{A1}"), found.has_table(f"t_{A2}"))
        if tool is stock:
            assert done.code == 0
            assert has == ((True, False) if direction == "upgrade" else (False, True))
        else:
            assert (done.code, "error[WB204]" in done.err) == (2, True), done
            assert f"which would never run\n  where: alembic/versions/{A2}_.py" in done.err
            assert has == ((False, False) if direction == "upgrade" else (True, True))


@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_what_cannot_be_called_is_as_good_as_missing(direction: str, tmp_path: Path) -> None:
    folder = make(tmp_path / "p", f"sqlite:///{tmp_path}/a.db", linear(A1))
    if direction == "downgrade":
        ours("upgrade", cwd=folder).ok()
    file = folder / "alembic" / "versions" / f"{A1}_.py"
    file.write_text(f"{file.read_text()}\n\n{direction} = None\n")
    refused = ours(direction, {"upgrade": "head", "downgrade": "base"}[direction], cwd=folder)
    assert (refused.code, f"revision {A1} has no {direction}()" in refused.err) == (2, True)


def test_a_link_that_leads_nowhere_is_a_broken_file(linear_project: Path) -> None:
    link = linear_project / "alembic" / "versions" / "aa_.py"
    link.symlink_to("/nowhere/aa_.py")
    assert "ImportError" in stock("heads", cwd=linear_project).err
    done = ours("heads", cwd=linear_project).ok()
    assert done.out == f"{A4} (head)\n"
    assert str(link.relative_to(linear_project)) in done.err
    assert ours("upgrade", "head", cwd=linear_project).code == 2


@shows("steps everywhere")
def test_steps_everywhere(linear_project: Path) -> None:
    for line in (f"show {A4}-1", f"show {A2}+1", "show head-1", f"history -r{A1}+1:{A4}", f"history -rhead-2:{A4}"):
        assert stock(*line.split(), cwd=linear_project).code != 0, line
        assert A3 in ours(*line.split(), cwd=linear_project).ok().out, line
    assert stock("stamp", "head-1", cwd=linear_project).code == 255
    assert A3 in ours("stamp", "head-1", cwd=linear_project).ok().out


@shows("current everywhere")
def test_current_everywhere(linear_project: Path) -> None:
    ours("upgrade", "+1", cwd=linear_project).ok()
    for line in ("upgrade current", "upgrade current+1", "stamp current-1", "downgrade current", "upgrade current+1"):
        assert stock(*line.split(), cwd=linear_project).code == 255
        ours(*line.split(), cwd=linear_project).ok()
        if line == "stamp current-1":
            ours("stamp", A2, cwd=linear_project).ok()
    assert ours("current", cwd=linear_project).out == f"{A3}\n"


@shows("garbage")
def test_garbage(tmp_path: Path, stage: Stage) -> None:
    pair = graph_pair("linear", "sqlite", stage, tmp_path)
    one, other = pair.run(["upgrade", "+1abc"])
    assert (one.code, other.code) == (0, 2)
    assert pair.versions() == ([A1], [])


@shows("ambiguous -1")
def test_ambiguous_downgrade(tmp_path: Path, stage: Stage) -> None:
    pair = graph_pair("branched", "sqlite", stage, tmp_path)
    pair.run(["upgrade", "heads"])
    one, other = pair.run(["downgrade", "-1"])
    assert (one.code, other.code) == (0, 2)
    left, kept = pair.versions()
    assert len(left) == 1
    assert sorted(kept) == sorted([B4, C3])
    assert f"{B4}@-1" in other.err or f"{C3}@-1" in other.err


@shows("cycles")
def test_cycles(tmp_path: Path, stage: Stage) -> None:
    # B1 and C1 depend on each other; A1 leads to both of them, and B1 to B2.
    revisions = [Rev(A1), Rev(B1, A1, depends_on=(C1,)), Rev(C1, A1, depends_on=(B1,)), Rev(B2, B1)]
    place = stage.places("sqlite", 1)[0]
    folder = make(tmp_path, place.url, revisions)
    for line in ("upgrade heads", "history", "stamp heads"):
        refused = ours(*line.split(), cwd=folder)
        assert refused.code == 2
        assert f"revisions form a cycle: {B1}, {B2}, {C1}" in refused.err
    assert not place.tables()
    stock("upgrade", "heads", cwd=folder).ok()
    assert "AssertionError" in stock("downgrade", "base", cwd=folder).err
    assert (place.versions(), place.tables()) == ([B1], {"alembic_version"})  # the row says B1, and its table is gone


@shows("range end")
def test_range_end(linear_project: Path) -> None:
    stock("upgrade", A2, cwd=linear_project).ok()
    assert stock("history", "-r-1:current", cwd=linear_project).code == 255
    done = ours("history", "-r-1:current", cwd=linear_project).ok()
    assert [line.split()[2].rstrip(",") for line in done.out.splitlines()] == [A2, A1]
    assert stock("history", f"-r-2:{A3}", cwd=linear_project).out.count("\n") == 2
    assert ours("history", f"-r-2:{A3}", cwd=linear_project).out.count("\n") == 3


@shows("range with a space")
def test_range_with_a_space(linear_project: Path) -> None:
    ours("upgrade", "head", cwd=linear_project).ok()
    assert stock("history", "-r", "-3:current", cwd=linear_project).code == 2
    done = ours("history", "-r", "-3:current", cwd=linear_project).ok()
    assert done == ours("history", "-r-3:current", cwd=linear_project)


@shows("base is base")
def test_base_is_base(linear_project: Path) -> None:
    assert stock("history", "-r:current", cwd=linear_project).ok().out.count("\n") == 4
    assert ours("history", "-r:current", cwd=linear_project).ok().out == ""
    assert ours("history", f"-r{A1}:current", cwd=linear_project).code == 2


@shows("any range")
def test_any_range(tmp_path: Path) -> None:
    make(tmp_path, f"sqlite:///{tmp_path}/a.db", GRAPHS["depends_on"])
    assert stock("history", f"-r{A1}:", cwd=tmp_path).err.endswith("AssertionError\n")
    assert ours("history", f"-r{A1}:", cwd=tmp_path).ok().out != ""


@shows("open ranges")
def test_open_ranges(linear_project: Path) -> None:
    for open_range, same in ((f"{A1}:", f"{A1}:heads"), (f":{A2}", f"base:{A2}")):
        assert stock("upgrade", open_range, "--sql", cwd=linear_project).err.endswith("AssertionError\n")
        done = ours("upgrade", open_range, "--sql", cwd=linear_project).ok()
        assert done.out == stock("upgrade", same, "--sql", cwd=linear_project).ok().out


@shows("implied heads")
def test_implied_heads(tmp_path: Path) -> None:
    make(tmp_path, f"sqlite:///{tmp_path}/a.db", GRAPHS["depends_on"])
    assert ours("current", "--check-heads", cwd=tmp_path).code == 1
    stock("upgrade", "heads", cwd=tmp_path).ok()
    if not is_too_new(["current", "--check-heads"]):
        assert stock("current", "--check-heads", cwd=tmp_path).code == 255
    ours("current", "--check-heads", cwd=tmp_path).ok()


@shows("merge message")
def test_merge_message(tmp_path: Path) -> None:
    for tool, message in ((stock, "empty message"), (ours, f"merge {B2} and {C2}")):
        folder = make(tmp_path / tool.__name__, f"sqlite:///{tmp_path}/a.db", [Rev(A1), Rev(B2, A1), Rev(C2, A1)])
        tool("merge", "heads", cwd=folder).ok()
        assert tool("show", "head", cwd=folder).ok().out.splitlines()[4].strip() == message


@shows("relative path")
def test_relative_path(linear_project: Path) -> None:
    line = ["revision", "-m", "x", "--rev-id", "e5"]
    [folder] = linear_project.glob("*/versions")
    assert stock(*line, cwd=linear_project).ok().out == f"Generating {folder / 'e5_x.py'} ...  done\n"
    (folder / "e5_x.py").unlink()
    done = ours(*line, cwd=linear_project).ok()
    assert done.out == f"Generating {folder.relative_to(linear_project) / 'e5_x.py'} ...  done\n"
    assert done.err == "Next:  look through the file, then  whimbrel upgrade\n"


@shows("merge one")
def test_merge_one(tmp_path: Path) -> None:
    for tool, code in ((stock, 0), (ours, 2)):
        folder = make(tmp_path / tool.__name__, "sqlite://", GRAPHS["linear"])
        assert tool("merge", "heads", "-m", "x", cwd=folder).code == code
    folder = make(tmp_path / "branched", "sqlite://", GRAPHS["branched"])
    assert stock("merge", B4, "heads", cwd=folder).code == 255
    ours("merge", B4, "heads", cwd=folder).ok()


_FAILING = [Rev(A1), Rev(A2, A1), Rev(A3, A2, upgrade=(
    'op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))\nraise RuntimeError("half-way")'
))]  # fmt: skip


def _failed(tmp_path: Path, stage: Stage, kind: str) -> list[tuple[list[str], set[str]]]:
    """What is in the databases after an upgrade whose third revision fails."""
    ends = []
    for tool, place in zip((stock, ours), stage.places(kind, 2), strict=True):
        folder = make(tmp_path / tool.__name__, place.url, _FAILING)
        assert tool("upgrade", "head", cwd=folder).code != 0
        ends.append((place.versions(), place.tables() - {"alembic_version"}))
    return ends


@shows("transactions")
def test_a_revision_is_a_transaction(tmp_path: Path, stage: Stage) -> None:
    by_alembic, by_whimbrel = _failed(tmp_path, stage, "postgresql")
    assert by_alembic == ([], set())
    assert by_whimbrel == ([A2], {f"t_{A1}", f"t_{A2}"})


@shows("sqlite transactions")
def test_sqlite_rolls_back(tmp_path: Path, stage: Stage) -> None:
    by_alembic, by_whimbrel = _failed(tmp_path, stage, "sqlite")
    assert by_alembic == ([A2], {f"t_{A1}", f"t_{A2}", "half"})
    assert by_whimbrel == ([A2], {f"t_{A1}", f"t_{A2}"})


@shows("sqlite rebuilds")
def test_sqlite_rebuilds(tmp_path: Path) -> None:
    """More of them are in `tests/rebuild`."""
    made = (
        'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))\n'
        'op.execute("CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT 1; END")'
    )
    rebuilt = 'with op.batch_alter_table("t") as batch:\n    batch.alter_column("x", nullable=False)'
    for tool, left in ((stock, 0), (ours, 1)):
        url = f"sqlite:///{tmp_path}/{tool.__name__}.db"
        folder = make(tmp_path / tool.__name__, url, [Rev(A1, upgrade=made), Rev(A2, A1, upgrade=rebuilt)])
        tool("upgrade", "head", cwd=folder).ok()
        with sa.create_engine(url).connect() as connection:
            found = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")
            assert found.scalar() == left


def test_mariadb_keeps_what_it_has_committed(tmp_path: Path, stage: Stage) -> None:
    """No difference: MariaDB has no transactional DDL, and whimbrel says so instead of promising a repeat."""
    by_alembic, by_whimbrel = _failed(tmp_path, stage, "mariadb")
    assert by_alembic == by_whimbrel == ([A2], {f"t_{A1}", f"t_{A2}", "half"})


_MODELS = (
    "from sqlalchemy import Column, Integer, MetaData, Table\n"
    "target_metadata = MetaData()\nTable('t_model', target_metadata, Column('id', Integer, primary_key=True))"
)


@shows("reading writes nothing")
@pytest.mark.parametrize("line", ["history -i", "check", "revision --autogenerate -m x", "show current", "current",
                                  "history -r:current", "status", "edit current"])  # fmt: skip
def test_reading_writes_nothing(line: str, tmp_path: Path, stage: Stage, kind: str) -> None:
    wrote = {}
    for tool, place in zip((stock, ours), stage.places(kind, 2), strict=True):
        folder = make(tmp_path / tool.__name__, place.url)
        env = folder / "alembic" / "env.py"
        env.write_text(env.read_text().replace("target_metadata = None", _MODELS))
        if tool is ours or line != "status":
            tool(*line.split(), cwd=folder, env={"EDITOR": "true", "VISUAL": "true"})
        wrote[tool.__name__] = place.tables()
    assert wrote["ours"] == set()
    if line not in ("current", "status", "revision --autogenerate -m x", "check"):
        assert kind == "postgresql" or wrote["stock"] in (set(), {"alembic_version"})


def test_alembic_creates_its_table_to_read(tmp_path: Path, stage: Stage) -> None:
    place = stage.places("sqlite", 1)[0]
    folder = make(tmp_path, place.url, linear(A1))
    stock("history", "-i", cwd=folder).ok()
    assert place.tables() == {"alembic_version"}


@shows("several databases")
def test_several_databases(tmp_path: Path, stage: Stage) -> None:
    places = stage.places("sqlite", 2)
    make_multidb(tmp_path, [place.url for place in places], MULTIDB)
    stock("upgrade", "head", cwd=tmp_path).ok()
    assert stock("history", "-i", cwd=tmp_path).out.count("\n") == 6
    assert ours("history", "-i", cwd=tmp_path).out.count("\n") == 3
    assert stock("current", cwd=tmp_path).out == ours("current", cwd=tmp_path).out == f"{A3} (head)\n" * 2


@shows("nothing to do")
def test_nothing_to_do(tmp_path: Path, stage: Stage, kind: str) -> None:
    for line in ("upgrade head", "downgrade base", "upgrade nonsense"):
        places = stage.places(kind, 2)
        for tool, place in zip((stock, ours), places, strict=True):
            folder = make(tmp_path / f"{tool.__name__}{line}", place.url)
            tool(*line.split(), cwd=folder)
        rolled_back = kind == "postgresql" and "nonsense" in line
        assert places[0].tables() == (set() if rolled_back else {"alembic_version"}), line
        if kind != "mariadb":
            assert places[1].tables() == set(), line


@shows("true is true")
def test_true_is_true(tmp_path: Path) -> None:
    make(tmp_path, f"sqlite:///{tmp_path}/a.db")
    (tmp_path / "alembic" / "versions" / "deeper").mkdir()
    write_revision(tmp_path / "alembic" / "versions" / "deeper", Rev(A1))
    ini = tmp_path / "alembic.ini"
    text = ini.read_text()
    for word in ("True", "yes", "on", "1", "TRUE"):
        ini.write_text(text.replace("[alembic]\n", f"[alembic]\nrecursive_version_locations = {word}\n", 1))
        assert stock("heads", cwd=tmp_path).ok().out == ""
        assert ours("heads", cwd=tmp_path).ok().out == f"{A1} (head)\n", word
    for word in ("False", "no", "off", "0", ""):
        ini.write_text(text.replace("[alembic]\n", f"[alembic]\nrecursive_version_locations = {word}\n", 1))
        assert ours("heads", cwd=tmp_path).ok().out == "", word


@shows("messages")
def test_messages(tmp_path: Path) -> None:
    message = 'say """hi"""\nC:\\new'
    for tool in (stock, ours):
        folder = make(tmp_path / tool.__name__, "sqlite://")
        tool("revision", "-m", message, "--rev-id", A1, cwd=folder)
    assert stock("history", cwd=tmp_path / "stock").code == 1
    assert ours("history", cwd=tmp_path / "ours").ok().out == f'<base> -> {A1} (head), say """hi""" C:\\new\n'
    assert stock("history", cwd=tmp_path / "ours").ok().out == f'<base> -> {A1} (head), say """hi""" C:\\new\n'


@shows("ids and labels")
def test_ids_and_labels(tmp_path: Path) -> None:
    slash = [["--rev-id", "a/b"]] if IS_NEWEST else []  # for older ones it is a folder that is not there
    for number, given in enumerate((["--rev-id", "x" * 33], *slash, ["--rev-id", A1], ["--rev-id", "a b"],
                                    ["--branch-label", "a@b"])):  # fmt: skip
        for tool, code in ((stock, 0), (ours, 2)):
            folder = make(tmp_path / f"{tool.__name__}{number}", "sqlite://", linear(A1, A2))
            before = _tree(folder)
            assert tool("revision", "-m", "x", *given, cwd=folder).code == code, given
            assert (_tree(folder) == before) == (tool is ours)


def test_label_that_is_taken(tmp_path: Path) -> None:
    """Both fail; Alembic leaves a file behind that every later command stumbles over."""
    for tool, left in ((stock, True), (ours, False)):
        folder = make(tmp_path / tool.__name__, "sqlite://", GRAPHS["labelled"])
        before = _tree(folder)
        refused = tool("revision", "-m", "x", "--branch-label", "billing", "--head", "base", cwd=folder)
        assert refused.code != 0
        assert (_tree(folder) != before) == left


@shows("baseline")
def test_baseline(tmp_path: Path) -> None:
    folder = make(tmp_path, f"sqlite:///{tmp_path}/a.db", [])
    source = (
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\nsa.Table('made', metadata, sa.Column('x', sa.Integer))\n"
    )
    (folder / "wb_made.py").write_text(source)
    env = folder / "alembic" / "env.py"
    named = "from wb_made import metadata as target_metadata"
    env.write_text(env.read_text().replace("target_metadata = None", named, 1))
    with sa.create_engine(f"sqlite:///{tmp_path}/a.db").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE made (x INTEGER)")
    refused = ours("revision", "--autogenerate", "-m", "x", cwd=folder)
    assert (refused.code, "error[WB609]" in refused.err) == (6, True)
    versions = folder / "alembic" / "versions"
    assert [*versions.glob("*.py")] == []
    stock("revision", "--autogenerate", "-m", "x", cwd=folder).ok()
    [empty] = versions.glob("*.py")
    assert "    pass" in empty.read_text()
