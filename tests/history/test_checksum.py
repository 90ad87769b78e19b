"""Checksums of revision files: of the code, whatever it looks like, and the same with every Python."""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.projects import Rev, write_revision
from whimbrel.history import checksum as checksums
from whimbrel.history.checksum import checksum, code_checksums, code_of

PLAIN = '''\
"""add shop

Revision ID: aa01
"""
from alembic import op
import sqlalchemy as sa

revision = 'aa01'
down_revision = None


def upgrade():
    """Make it."""
    op.create_table("shop", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO shop "
               "VALUES (16)")


def downgrade():
    pass
'''

SAME: dict[str, Callable[[str], str]] = {
    "comment": lambda s: s.replace("revision = 'aa01'", "# of the shop\nrevision = 'aa01'  # really"),
    "empty lines": lambda s: s.replace("\n", "\n\n"),
    "no line at the end": lambda s: s.rstrip("\n"),
    "spaces at the end of lines": lambda s: s.replace("(\n", "(   \n") + "   \n",
    "quotes": lambda s: s.replace("'aa01'", '"aa01"'),
    "prefix of a string": lambda s: s.replace("'aa01'", "u'aa01'").replace('"shop"', 'r"shop"'),
    "indentation": lambda s: s.replace("    op.", "  op.").replace('    """Make', '  """Make'),
    "line breaks": lambda s: s.replace('("shop", sa', '(\n        "shop",\n        sa').replace("True))", "True),\n )"),
    "one string instead of two": lambda s: s.replace('shop "\n               "VALUES', "shop VALUES"),
    "another number for the same": lambda s: s.replace("None", "(None)"),
    "message": lambda s: s.replace("add shop", "add shops"),
    "no docstring of the module": lambda s: s.partition('"""\n')[2],
    "docstring of a function": lambda s: s.replace('    """Make it."""\n', ""),
    "a docstring instead of pass": lambda s: s.replace("    pass", '    """There is no way back."""'),
    "dots instead of pass": lambda s: s.replace("    pass", "    ..."),
    "a remark as a string": lambda s: s.replace("    op.execute", '    "and one row"\n    op.execute'),
    "sorted imports": lambda s: s.replace(
        "from alembic import op\nimport sqlalchemy as sa", "import sqlalchemy as sa\nfrom alembic import op"
    ),
}

OTHER: dict[str, Callable[[str], str]] = {
    "text in a string": lambda s: s.replace('"shop"', '"Shop"'),
    "space in a string": lambda s: s.replace('"shop"', '"shop "'),
    "number": lambda s: s.replace("16", "17"),
    "a statement more": lambda s: s.replace("    pass", "    op.drop_table('shop')"),
    "a statement less": lambda s: s.replace('    op.execute("INSERT INTO shop "\n               "VALUES (16)")\n', ""),
    "argument": lambda s: s.replace(", primary_key=True", ""),
    "name of an argument": lambda s: s.replace("primary_key", "nullable"),
    "value of an argument": lambda s: s.replace("True", "False"),
    "true is not one": lambda s: s.replace("True", "1"),
    "bytes are no text": lambda s: s.replace('"shop"', 'b"shop"'),
    "parent": lambda s: s.replace("down_revision = None", "down_revision = 'aa00'"),
    "id": lambda s: s.replace("revision = 'aa01'", "revision = 'aa02'"),
    "other import": lambda s: s.replace("import op", "import context"),
    "async": lambda s: s.replace("def upgrade", "async def upgrade"),
    "a call before, not in": lambda s: s.replace("def upgrade", "op.execute('x')\ndef upgrade"),
    "order of statements": lambda s: s.replace("    op.create_table", "    op.execute('x')\n    op.create_table"),
    "condition": lambda s: s.replace("    pass", "    if op.get_context().as_sql:\n        op.execute('x')"),
}


def of(text: str) -> str:
    found = code_of(text.encode())
    assert found is not None
    return found


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME)
def test_what_a_file_looks_like_does_not_change_the_checksum(edit: Callable[[str], str]) -> None:
    assert edit(PLAIN) != PLAIN
    assert of(edit(PLAIN)) == of(PLAIN)


@pytest.mark.parametrize("edit", OTHER.values(), ids=OTHER)
def test_what_a_file_does_changes_it(edit: Callable[[str], str]) -> None:
    assert edit(PLAIN) != PLAIN
    assert of(edit(PLAIN)) != of(PLAIN)


def test_no_two_edits_have_the_same_checksum() -> None:
    assert len({of(edit(PLAIN)) for edit in OTHER.values()}) == len(OTHER)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("import a, b", "import b\nimport a", True),
        ("from m import a, b", "from m import b\nfrom m import a", True),
        ("from m import a\nfrom n import a", "from n import a\nfrom m import a", False),
        ("import a\nfrom n import a", "from n import a\nimport a", False),
        ("import a.b\nimport a.c", "import a.c\nimport a.b", True),
        ("from m import *\nfrom n import a", "from n import a\nfrom m import *", False),
        ("from m import a", "from .m import a", False),
        ("from m import a", "from m import a as b", False),
        ("import a\nx = 1\nimport b", "import b\nx = 1\nimport a", False),
        ("if x:\n    pass\nelse:\n    f()", "if x:\n    f()", False),
        ("x = [1, None]", "x = [1]", False),
        ("x = {**a, 'b': 1}", "x = {'b': 1, **a}", False),
        ("def f(*, a, b=1): pass", "def f(*, a=1, b): pass", False),
        ("f('a', 'b')", "f('a' 'b')", False),
        ("f(['a'], 'b')", "f(['a', 'b'])", False),
        ("x = '<str 1:a>'", "x = 'a'", False),
        ("x = 1.0", "x = 1", False),
        ("x = 0x10", "x = 16", True),
        ("x = 1_000", "x = 1000", True),
        ("x = -1", "x = 1", False),
        ("x = a + b * c", "x = (a + b) * c", False),
        ("x = a + b * c", "x = a + (b * c)", True),
        ("x: int = 1", "x = 1", False),
        ("f'{x}'", "f'{x!r}'", False),
        ("x = f'{a:}'", "x = f'{a}'", True),
        ("x = f'{a:>3}'", "x = f'{a}'", False),
        ("x = f'a' 'b' f'{c}'", "x = f'ab{c}'", True),
        ("x = f'a{b}'", "x = f'{b}a'", False),
        ("del x", "x", False),
        ("@a\ndef f(): pass", "def f(): pass", False),
        ("x = '\\ud800'", "x = '\\ud801'", False),
        ("x = ...", "x = None", False),
        ("try:\n    f()\nfinally:\n    pass", "f()", False),
    ],
)
def test_of_two_pieces_of_code(one: str, other: str, same: bool) -> None:
    assert (of(one) == of(other)) is same


# -- the file ------------------------------------------------------------------------------------

UMLAUT = PLAIN.replace("add shop", "Läden").replace('"shop"', '"läden"')

WRITTEN = {
    "utf-8": UMLAUT.encode(),
    "a byte order mark": UMLAUT.encode("utf-8-sig"),
    "lines as on Windows": UMLAUT.replace("\n", "\r\n").encode(),
    "lines as on the old Mac": UMLAUT.replace("\n", "\r").encode(),
    "latin-1": f"# -*- coding: latin-1 -*-\n{UMLAUT}".encode("latin-1"),
    "a cookie that says utf-8": f"#!/usr/bin/python\n# coding: utf-8\n{UMLAUT}".encode(),
    "cp1252 on Windows": f"# vim: set fileencoding=cp1252 :\n{UMLAUT}".replace("\n", "\r\n").encode("cp1252"),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN)
def test_encoding_and_line_ends_do_not_change_the_checksum(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "aa01_.py"
    path.write_bytes(content)
    found = checksum(str(path))
    assert found.raw == hashlib.sha256(content).hexdigest()
    assert found.code == of(UMLAUT)


def test_line_ends_in_a_string_are_those_that_python_sees() -> None:
    assert code_of(b'x = """a\r\nb"""') == code_of(b'x = """a\nb"""') != code_of(b'x = """a b"""')


@pytest.mark.parametrize(
    "content", [b"def (", b"x = '\xff'", b"x = 1\0", b"# coding: nonsense\n", b"(" * 10_000, b"x = " + b"9" * 5_000]
)
def test_what_python_cannot_read_has_no_checksum_of_its_code(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_bytes(content)
    assert checksum(str(path)) == (hashlib.sha256(content).hexdigest(), None)


def test_bytecode_has_none_either(tmp_path: Path) -> None:
    path = tmp_path / "aa01_.pyc"
    path.write_bytes(b"x = 1\n")  # even if it could be read as source
    assert checksum(str(path)) == (hashlib.sha256(b"x = 1\n").hexdigest(), None)


def test_an_invalid_escape_is_no_reason_to_warn() -> None:
    assert code_of(rb'x = "\d"') is not None


def test_a_long_sum_is_written_as_well() -> None:
    """As many as some versions of Python still parse, more than others can descend into."""
    assert code_of(b"x = " + b" + ".join([b"'a'"] * 900)) is not None


# -- every Python --------------------------------------------------------------------------------

EVERYTHING = '''\
"""Docstring."""
from __future__ import annotations
import a.b, c as d
from . import e
from ..f import g as h, i
class K(B, metaclass=M):
    """Docstring."""
    x: int = 1
    y: str
    @property
    def p(self, a, /, b: int = 2, *c, d, e=3, **f) -> None:
        global z
        return yield_(a, *c, k=1, **f)
async def co():
    async with a as b, c: await d
    async for x in y: yield x
    else: pass
    return [x async for x in y if z]
def f():
    def g(): nonlocal i; i = {*(x for x in y)}, {x for x in y}, [a and b or c]
    nonlocal_ = lambda *a, b=1: (yield)
    yield from g
    for i, *j in k:
        if i: continue
        elif j: break
        else: raise A from b
    while (n := n - 1): n += 1; n @= 2; n //= 3
    try: pass
    except (A, B) as e: raise
    except C: del a[0], b.c
    else: assert x, "y"
    finally: return
    try: f()
    except* A: g()
    with (open(a) as b, open(c)): ...
    match x:
        case 1 | "a" | None | -1.5 | 2+3j: pass
        case [1, *rest] if rest: pass
        case {"k": v, **more}: pass
        case A.b(c, d=e) as g: pass
        case _: pass
x = {**a, "b": 1, **c}; y = {1, *z}; z = {k: v for k, v in w}
t = (1, 2.5, 1e400, 3j, True, None, ..., b"\\xff\\0", "\\ud800\\u1234\\U0001FAE8", 0xffff_ffff_ffff_ffff_ffff)
s = a[1:2, ::3, ..., *b][-1] if not a < b <= c != d is not e in f else ~g ** -h
u = f"a{b!r:>{c}}d" "e" f"{{{f}}}{g=}{h:%Y-%m-%d}{i:}" rf"\\d{j}" f""
v = f"{'nested'}" + f'{"other" + f"{deep}"}'
'''

GOLDEN = "472721358719cb09dfbbe12cb7e1952420c67f9fb6403abc338a3e08903de61d"


def test_the_checksum_is_the_same_with_every_version_of_python_and_of_whimbrel() -> None:
    """Databases keep it: if this fails with a new Python, the walk has to be taught what is new in its trees."""
    assert code_of(EVERYTHING.encode()) == GOLDEN


def test_that_checksum_has_seen_every_kind_of_node() -> None:
    seen = {type(node).__name__ for node in ast.walk(ast.parse(EVERYTHING))}
    kinds = {
        name for name, kind in vars(ast).items() if isinstance(kind, type) and issubclass(kind, (ast.stmt, ast.expr))
    }
    deprecated = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "stmt", "expr"}
    newer = {"TypeAlias", "TemplateStr", "Interpolation"}
    assert kinds - seen - deprecated <= newer


PYTHONS = sorted(Path.home().glob(".pyenv/versions/3.1[1-9].*/bin/python"))


@pytest.mark.skipif(not PYTHONS, reason="no other Python is installed")
@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parts[-3])
def test_other_versions_of_python_that_are_installed_here_agree(python: Path, tmp_path: Path) -> None:
    files = sorted(Path(ast.__file__).parent.glob("*.py"))[:40] + sorted(Path(__file__).parent.glob("*.py"))
    code = (
        "import sys\nfrom whimbrel.history.checksum import checksum\n"
        "for path in sys.argv[1:]:\n    print(checksum(path).code)\n"
    )
    source = Path(checksums.__file__).parents[2]
    done = subprocess.run(
        [python, "-c", code, *map(str, files)],
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(checksum(str(path)).code) for path in files]


# -- properties ----------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "op", "sa"])
LITERALS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), st.binary(max_size=8)
).map(repr)
EXPRESSIONS = st.recursive(
    NAMES | LITERALS,
    lambda inner: st.one_of(
        st.builds("{}.call({}, key={})".format, NAMES, inner, inner),
        st.builds("({} + {})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, LITERALS, inner),
    ),
    max_leaves=8,
)
STATEMENTS = st.lists(st.builds("x{} = {}".format, st.integers(0, 9), EXPRESSIONS), min_size=1, max_size=4)


@given(STATEMENTS)
def test_code_written_in_another_way_has_the_same_checksum(statements: list[str]) -> None:
    source = "def upgrade():\n" + "".join(f"    {line}\n" for line in statements)
    formatted = ast.unparse(ast.parse(source))
    commented = source.replace("\n", "  # remark\n\n").replace("\n", "\r\n")
    assert of(formatted) == of(commented) == of(f'"""about"""\n{source}') == of(source)


@given(STATEMENTS, STATEMENTS)
def test_two_pieces_of_code_have_the_same_checksum_exactly_if_their_trees_are_the_same(
    one: list[str], other: list[str]
) -> None:
    first, second = "\n".join(one), "\n".join(other)
    same = ast.dump(ast.parse(first)) == ast.dump(ast.parse(second))
    assert (of(first) == of(second)) is same


# -- known from the cache ------------------------------------------------------------------------


def test_a_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    paths = [write_revision(tmp_path, Rev(name)) for name in ("aaaa", "bbbb")]
    for path in paths:
        os.utime(path, (1, 1))
    expected = {str(path): checksum(str(path)).code for path in paths}
    parsed: list[bytes] = []
    monkeypatch.setattr(checksums, "code_of", lambda source: (parsed.append(source), code_of(source))[1])
    assert code_checksums(map(str, paths)) == code_checksums(map(str, paths)) == expected
    assert len(parsed) == 2


def test_a_file_that_is_gone_has_none(tmp_path: Path) -> None:
    assert code_checksums([str(tmp_path / "gone.py")]) == {str(tmp_path / "gone.py"): None}
