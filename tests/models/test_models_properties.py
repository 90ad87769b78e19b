"""What holds for every project, whatever it looks like."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from whimbrel.models import scan

DECLARING = [
    "from sqlalchemy import MetaData\nmetadata = MetaData()\n",
    "class User(Base):\n    __tablename__ = 'users'\n",
    "from sqlmodel import SQLModel\nclass Hero(SQLModel, table=True): ...\n",
    "from .db import db\nclass User(db.Model): ...\n",
    "class User(Base):\n    id: Mapped[int] = mapped_column(primary_key=True)\n",
]
SILENT = [
    "",
    "import os\n",
    "from sqlalchemy import MetaData, Table\n",
    "from rich.table import Table\nTable()\n",
    "class Plain(Unknown): ...\n",
    "'__tablename__ = mapped_column() MetaData()'\n",
]
# Modules and packages have different names: of a module and a folder with one name, Python would see only one.
packages = st.lists(st.sampled_from(["pa", "pb", "pc"]), max_size=3).map(tuple)
modules = st.sampled_from(["ma", "mb", "models", "__init__"])
trees = st.dictionaries(st.tuples(packages, modules), st.sampled_from(DECLARING + SILENT), max_size=12)
# At the import root, `__init__` is no module.
importable = trees.map(lambda tree: {place: text for place, text in tree.items() if place != ((), "__init__")})


def write(root: Path, tree: dict[tuple[tuple[str, ...], str], str]) -> None:
    for (folders, module), text in tree.items():
        folder = root.joinpath(*folders)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{module}.py").write_text(text)


def dotted(folders: tuple[str, ...], module: str) -> str:
    return ".".join(folders if module == "__init__" else (*folders, module))


@given(importable)
def test_scan_finds_exactly_the_declaring_modules_by_their_names(
    tree: dict[tuple[tuple[str, ...], str], str],
) -> None:
    with TemporaryDirectory() as folder:
        write(Path(folder), tree)
        expected = sorted(dotted(*place) for place, text in tree.items() if text in DECLARING)
        assert [module.name for module in scan(Path(folder))] == expected


@given(importable)
def test_src_layout_gives_the_same_names_as_a_flat_one(tree: dict[tuple[tuple[str, ...], str], str]) -> None:
    with TemporaryDirectory() as flat, TemporaryDirectory() as other:
        write(Path(flat), tree)
        write(Path(other, "src"), tree)
        assert [m.name for m in scan(Path(flat))] == [m.name for m in scan(Path(other))]


words = st.sampled_from(
    [*"\n\n    ():=,.@*\"'\\", "class ", "def ", "from ", "import ", "Table(", "Mapped[", "X", "Base"]
)


@given(st.lists(words | st.binary(max_size=3).map(lambda data: data.decode("latin-1")), max_size=40).map("".join))
def test_no_text_in_a_file_makes_scan_fail(text: str) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "db.py").write_text("class Base:\n    __tablename__ = 'x'\n")
        Path(folder, "any.py").write_text(text, encoding="utf-8")
        Path(folder, "heir.py").write_text(f"from any import *\nclass X(Base): ...\n{text}", encoding="utf-8")
        assert "db" in [module.name for module in scan(Path(folder))]
