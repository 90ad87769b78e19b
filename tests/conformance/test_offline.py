"""`--sql` writes the same text, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from .cases import OFFLINE
from .conftest import Compared
from .graphs import GRAPHS
from .pair import MULTIDB
from .projects import make, make_multidb
from .tools import Tool, ours, stock

_URLS = {
    "sqlite": "sqlite:///nowhere.db",
    "postgresql": "postgresql+psycopg://nobody:secret@nowhere.invalid/none",
    "mariadb": "mysql+pymysql://nobody:secret@nowhere.invalid/none",
}


@pytest.mark.parametrize("graph", OFFLINE, ids=lambda value: value.replace(" ", "-"))
def test_writes_the_same_sql(graph: str, kind: str, tmp_path: Path, compared: Compared) -> None:
    if graph == "multidb":
        make_multidb(tmp_path, [_URLS[kind], _URLS["sqlite"]], MULTIDB)
    else:
        make(tmp_path, _URLS[kind], GRAPHS[graph])
    wrong = []
    for line in OFFLINE[graph]:
        one, other = _written(stock, line, tmp_path), _written(ours, line, tmp_path)
        if one != other:
            wrong.append(f"== {line}\n-- stock\n{one}\n-- ours\n{other}")
    assert not wrong, "\n\n".join(wrong)
    compared(graph, kind, (False for _ in OFFLINE[graph]))


def _written(tool: Tool, line: str, folder: Path) -> str | None:
    """The SQL on standard output, and what multidb writes to files; None if the command is refused."""
    done = tool(*line.split(), cwd=folder)
    files = sorted(folder.glob("*.sql"))
    text = done.out + "".join(f"-- {file.name}\n{file.read_text()}" for file in files)
    for file in files:
        file.unlink()
    return text if done.code == 0 else None


def test_nothing_else_is_on_standard_output(kind: str, tmp_path: Path) -> None:
    """`whimbrel upgrade head --sql > upgrade.sql` holds SQL only, and no database was touched."""
    make(tmp_path, _URLS[kind], GRAPHS["linear"])
    done = ours("upgrade", "head", "--sql", cwd=tmp_path).ok()
    assert all(line.startswith(("--", " ", ")", "CREATE", "INSERT", "UPDATE", "BEGIN", "COMMIT")) for line in
               filter(None, done.out.splitlines())), done.out  # fmt: skip
    assert not (tmp_path / "nowhere.db").exists()
