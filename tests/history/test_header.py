"""One file's header: read the cheapest way that is right, and always what stock Alembic gets by running the file."""

from __future__ import annotations

import importlib.util
import py_compile
import tempfile
from pathlib import Path

import pytest
from alembic.script import Script, ScriptDirectory
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from whimbrel.errors import RevisionFileBroken
from whimbrel.history import RevisionFile, header, read_folders


def stock(path: Path) -> RevisionFile:
    """The file as stock Alembic reads it: by running it."""
    scripts = ScriptDirectory(str(path.parent), sourceless=True)
    script = Script._from_path(scripts, path)
    assert script is not None
    dependencies = script.dependencies or ()
    needs = (dependencies,) if isinstance(dependencies, str) else tuple(dependencies)
    labels = tuple(str.__str__(label) for label in script._orig_branch_labels)
    downs = tuple(script._versioned_down_revisions)
    return RevisionFile(script.path, script.revision, downs, labels, needs, script.longdoc)


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ways in which files were read: by `pattern` unless something else is noted."""
    ways: list[str] = []
    by_syntax, import_file = header._by_syntax, header.import_file
    monkeypatch.setattr(header, "_by_syntax", lambda *a: (ways.append("syntax"), by_syntax(*a))[1])
    monkeypatch.setattr(header, "import_file", lambda *a: (ways.append("import"), import_file(*a))[1])
    return ways


DOC = '"""add shop\n\nRevision ID: aa01\nRevises: aa00\n\n"""\n'
PLAIN = 'revision = "aa01"\ndown_revision = "aa00"\n'
TYPED = """\
from typing import Sequence, Union

from alembic import op

# revision identifiers, used by Alembic.
revision: str = 'aa01'
down_revision: Union[str, Sequence[str], None] = 'aa00'
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    revision = op.get_context()  # a name of its own


def downgrade() -> None:
    pass
"""

BY_PATTERN = {
    "the template of today": (DOC + TYPED).replace("    revision = op.get_context()  # a name of its own", "    pass"),
    "plain": DOC + PLAIN,
    "single quotes": DOC + "revision = 'aa01'\ndown_revision = 'aa00'\n",
    "every name": DOC + PLAIN + 'branch_labels = "shop"\ndepends_on = "bb01"\n',
    "base": 'revision = "aa01"\ndown_revision = None\n',
    "comments behind values": DOC + 'revision = "aa01"  # not "bb01"\ndown_revision = None  # revision of nothing\n',
    "a comment above everything": "#!/usr/bin/env python\n# revision 1\n\n" + DOC + PLAIN,
    "no docstring": "from alembic import op\n" + PLAIN,
    "no docstring but a text further down": PLAIN + '\ndef upgrade():\n    """revision = "bb01" """\n',
    "an empty docstring": '""""""\n' + PLAIN,
    "a docstring of one line": '"""add shop"""\n' + PLAIN,
    "quotes in the docstring": '"""the "big" shop\'s"""\n' + PLAIN,
    "Windows line ends": (DOC + PLAIN).replace("\n", "\r\n"),
    "old Macintosh line ends": (DOC + PLAIN).replace("\n", "\r"),
    "byte order mark": "\ufeff" + DOC + PLAIN,
    "letters of the world": '"""лавка 店 🐦"""\nrevision = "aa01"\ndown_revision = "фф01"\n',
    "no spaces": DOC + 'revision="aa01"\ndown_revision="aa00"\n',
    "a variable with a similar name": DOC + PLAIN + "revision_table = 1\nold_revision = 2\n",
}

BY_SYNTAX = {
    "a merge": DOC + 'revision = "aa01"\ndown_revision = ("a", "b")\n',
    "a list": DOC + 'revision = "aa01"\ndown_revision = ["a", "b"]\n',
    "labels in a tuple": DOC + PLAIN + 'branch_labels = ("shop", "store")\ndepends_on = (\n    "b",\n    "c",\n)\n',
    "escapes": DOC + 'revision = "aa\\x301"\ndown_revision = None\n',
    "joined literals": DOC + 'revision = "aa" "01"\ndown_revision = None\n',
    "two statements in a line": DOC + 'revision = "aa01"; down_revision = "aa00"\n',
    "a binding behind another statement": DOC + 'x = 1; depends_on = "b"\n' + PLAIN,
    "a name in a function": DOC + TYPED,
    "a name repeated in the docstring": '"""add shop\n\nrevision = "bb01"\n"""\n' + PLAIN,
    "a name only in the docstring": '"""add shop\n\ndepends_on = "bb01"\n"""\n' + PLAIN,
    "a name only in a string": DOC + PLAIN + 'SQL = """\ndepends_on = "bb01"\n"""\n',
    "a name only in a function's string": DOC + PLAIN + 'def upgrade():\n    """\ndepends_on = "bb01"\n"""\n',
    "a name below the functions": DOC + PLAIN + 'def upgrade():\n    pass\n\ndepends_on = "bb01"\n',
    "docstring in single quotes": "'''add shop'''\n" + PLAIN,
    "docstring in one quote": '"add shop"\n' + PLAIN,
    "raw docstring": 'r"""add \\shop"""\n' + PLAIN,
    "docstring with escapes": '"""add \\\nshop \\u00e9"""\n' + PLAIN,
    "docstring of two literals": '"""add """ "shop"\n' + PLAIN,
    "an expression and no docstring": '"""add %s""" % 1\n' + PLAIN,
    "a formatted string is no docstring": 'f"""add shop"""\n' + PLAIN,
    "a class first": "class X: pass\n" + PLAIN,
    "an invalid escape, of which Python warns": '"""add"""\nx = "\\d"\nrevision = "aa01"\ndown_revision = ("a",)\n',
    "an encoding that needs to be known": b"# coding: latin-1\n" + '"""é à"""\n'.encode("latin-1") + PLAIN.encode(),
    "an encoding that looks like another": b"#!/usr/bin/python\n# -*- coding: latin-1 -*-\n"
    + '"""é"""\n'.encode()
    + PLAIN.encode(),
    "a form feed before a name": DOC + "\f" + PLAIN,
}

BY_IMPORT = {
    "computed label": DOC + PLAIN + "import string\nbranch_labels = (string.__name__,)\n",
    "a label that is a member of an enumeration": DOC
    + PLAIN
    + 'import enum\nclass Branch(str, enum.Enum):\n    SHOP = "shop"\nbranch_labels = (Branch.SHOP,)\n',
    "assigned twice": DOC + PLAIN + 'down_revision = "aa0b"\n',
    "assigned under a condition": DOC + PLAIN + 'if True:\n    down_revision = "aa0b"\n',
    "not assigned under a condition": DOC + PLAIN + 'if False:\n    depends_on = "bb01"\n',
    "assigned in a loop": DOC + 'for revision in ("aa01",):\n    pass\ndown_revision = None\n',
    "assigned together": DOC + 'revision, down_revision = "aa01", "aa00"\n',
    "one of them assigned together": DOC + 'revision = "aa01"\ndown_revision, depends_on = "aa00", "b"\n',
    "chained": DOC + 'revision = rev = "aa01"\ndown_revision = None\n',
    "added to": DOC + PLAIN + 'revision += "x"\n',
    "imported": DOC + "from string import digits as down_revision\n" + 'revision = "aa01"\n',
    "declared first": DOC + "revision: str\n" + PLAIN,
    "formatted": DOC + 'n = 1\nrevision = f"aa0{n}"\ndown_revision = None\n',
    "in a with": DOC + "import io\nwith io.StringIO('aa00') as down_revision:\n    pass\n"
    "down_revision = 'aa00'\nrevision = 'aa01'\n",
}


def written(folder: Path, content: str | bytes, name: str = "aa01_add_shop.py") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("content", BY_PATTERN.values(), ids=BY_PATTERN)
def test_plain_files_are_read_by_pattern_and_are_what_they_are_to_alembic(
    tmp_path: Path, way: list[str], content: str
) -> None:
    path = written(tmp_path, content)
    assert header.read(str(path)) == stock(path)
    assert way == []


@pytest.mark.parametrize("content", BY_SYNTAX.values(), ids=BY_SYNTAX)
@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # stock Alembic, by running the file
def test_anything_but_plain_literals_is_parsed_and_not_run(
    tmp_path: Path, way: list[str], content: str | bytes
) -> None:
    path = written(tmp_path, content)
    assert header.read(str(path)) == stock(path)
    assert way == ["syntax"]


def test_listing_does_not_repeat_what_python_warns_of_when_it_compiles_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, BY_SYNTAX["an invalid escape, of which Python warns"])
    header.read(str(path))  # a warning would be an error here
    with pytest.warns((DeprecationWarning, SyntaxWarning), match="invalid escape sequence"):
        stock(path)


@pytest.mark.parametrize("content", BY_IMPORT.values(), ids=BY_IMPORT)
def test_what_is_computed_is_run(tmp_path: Path, way: list[str], content: str) -> None:
    path = written(tmp_path, content)
    assert header.read(str(path)) == stock(path)
    assert way == ["syntax", "import"]


def test_the_id_may_be_the_name_of_the_file_as_before_alembic_0_2(tmp_path: Path, way: list[str]) -> None:
    path = written(tmp_path, '"""add shop"""\ndown_revision = "aa00"\n', "1a2b3c.py")
    assert header.read(str(path)) == stock(path)
    assert header.read(str(path)).revision == "1a2b3c"
    assert way[:2] == ["syntax", "import"]


@pytest.mark.parametrize("name", ["aa01_add_shop.pyc", "__pycache__/aa01_add_shop.cpython-311.pyc"])
def test_bytecode_without_source_is_run(tmp_path: Path, way: list[str], name: str) -> None:
    source = written(tmp_path, DOC + PLAIN)
    path = tmp_path / name
    py_compile.compile(str(source), str(path), doraise=True)
    source.unlink()
    assert header.read(str(path)) == stock(path)
    assert way == ["import"]


@pytest.mark.parametrize("missing", ["down_revision", "branch_labels", "depends_on"])
def test_a_name_that_is_not_there_means_none_where_alembic_wants_down_revision(tmp_path: Path, missing: str) -> None:
    # Deliberate: stock Alembic ends with an AttributeError when `down_revision` is missing.
    path = written(tmp_path, 'revision = "aa01"\n')
    assert getattr(header.read(str(path)), {"down_revision": "down_revisions"}.get(missing, missing)) == ()


def test_the_message_is_the_first_paragraph(tmp_path: Path) -> None:
    path = written(tmp_path, '"""  add shop\nand till\n\nRevision ID: aa01\n"""\n' + PLAIN)
    script = Script._from_path(ScriptDirectory(str(tmp_path)), path)
    assert script is not None
    assert header.read(str(path)).message == script.doc == "add shop\nand till"


TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("\n\r\t\f\v \"'\\#=uNx0{}é\u2028\x85"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=30,
)


@hypothesis_settings(max_examples=500, deadline=None)
@given(TEXTS, st.sampled_from(['"""', "'''", '"', "'"]), st.sampled_from(["", "r", "u", "f", "# coding\n", "\n"]))
@example('a"', '"""', "")
@example("a\n    b\n  c", '"""', "")
@example("a\tb", '"""', "")
@example("x = 1\ndepends_on = 'bb01'", '"""', "")
def test_on_any_docstring_the_text_is_what_python_makes_of_it(text: str, quote: str, before: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), f"{before}{quote}{text}{quote}\n{PLAIN}")
        try:
            compiled = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
            module: dict[str, str] = {}
            exec(compiled, module)
        except (SyntaxError, NameError, DeprecationWarning):
            return
        found = header.read(str(path))
        assert found.longdoc == (module.get("__doc__") or "").strip()
        assert (found.revision, found.down_revisions, found.depends_on) == ("aa01", ("aa00",), ())


# -- broken files --------------------------------------------------------------------------------

# What the file holds, the line that is named, and what is said.
BROKEN: dict[str, tuple[bytes, int | None, str]] = {
    "syntax error": (b'"""add"""\nrevision = "aa01"\ndown_revision = (\n', 3, "'(' was never closed"),
    "NUL byte": (b'revision = "aa01"\0\n', None, "null bytes"),
    "zeros after a crash": (b"\0" * 512, None, "null bytes"),
    "not UTF-8": (b'"""\xe9"""\nrevision = "aa01"\n', 1, "codec can't decode"),
    "unknown encoding": (b'# coding: klingon\nrevision = "aa01"\n', None, "unknown encoding"),
    "import error": (b"import nothing_of_the_kind\nrevision = str(1)\n", 1, "No module named"),
    "failing code": (b"def f():\n    return 1 / 0\nrevision = f()\n", 2, "division by zero"),
    "a program that exits": (b"import sys\nrevision = None\nsys.exit(0)\n", 3, "SystemExit"),
    "no id": (b"down_revision = None\n", None, "there is no line"),
    "an id that is empty": (b'revision = ""\n', None, "there is no line"),
    "empty file": (b"", None, "there is no line"),
    "an id that is a number": (b"revision = 12\n", None, "'int' object"),
    "an id of bytes": (b'revision = b"aa01"\n', None, "b'aa01'"),
    "parents that are numbers": (b'revision = "aa01"\ndown_revision = (1, 2)\n', None, "(1, 2)"),
}


@pytest.mark.parametrize(("content", "line", "why"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_with_its_line_and_the_others_are_listed(
    tmp_path: Path, content: bytes, line: int | None, why: str
) -> None:
    path = written(tmp_path, content, "broken.py")
    sound = written(tmp_path, DOC + PLAIN)
    listing = read_folders([str(tmp_path)])
    [error] = listing.broken
    assert error.where == (f"{path}:{line}" if line else str(path))
    assert why in (error.why or "")
    assert [file.path for file in listing.files] == [str(sound)]


def test_an_error_below_the_header_is_found_when_the_file_is_run_not_when_it_is_listed(tmp_path: Path) -> None:
    # Deliberate: parsing every file whole costs ten times the listing; before an upgrade all its files are imported.
    path = written(tmp_path, DOC + PLAIN + "def upgrade():\n    x = = 1\n")
    assert header.read(str(path)).revision == "aa01"
    with pytest.raises(RevisionFileBroken, match="cannot be imported") as caught:
        header.import_file(str(path))
    assert caught.value.where == f"{path}:10"


def test_a_file_that_vanished_is_told_as_broken(tmp_path: Path) -> None:
    with pytest.raises(RevisionFileBroken, match="cannot be read") as caught:
        header.read(str(tmp_path / "gone.py"))
    assert caught.value.why == "No such file or directory"


def test_a_module_that_ran_does_not_enter_sys_modules(tmp_path: Path) -> None:
    module = header.import_file(str(written(tmp_path, PLAIN)))
    assert module.revision == "aa01"
    assert importlib.util.find_spec(module.__name__) is None
