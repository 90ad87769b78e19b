"""Configuration files that are wrong: each is one clear error with the file, and the line where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from settings.places import found, only, write
from whimbrel.errors import ConfigurationInvalid
from whimbrel.settings import load
from whimbrel.settings.files import read_ini, read_text, read_toml, read_yaml
from whimbrel.settings.keys import KEYS


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder under version control that is the current one."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- keys ----------------------------------------------------------------------------------------

UNKNOWN = {
    "misspelt": ('# one\nversion_tabel = "v"\n', 2, "did you mean version_table?"),
    "with dashes": ('version-tabel = "v"\n', 1, "did you mean version_table?"),
    "a database's": ('[databases.a]\nurl = "x"\n[databases.b]\nurll = "x"\n', 4, "did you mean url?"),
    "nothing like it": ("zzz = 1\n", 1, "known are url, "),
    "a table": ("[datbases.a]\n", 1, "did you mean databases?"),
    "quoted": ('\n"urk" = 1\n', 2, "did you mean url?"),
}


@pytest.mark.parametrize(("text", "line", "hint"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_key_is_named_with_its_line_and_the_one_that_was_meant(
    place: Path, text: str, line: int, hint: str
) -> None:
    write(place, {"whimbrel.toml": text})
    with pytest.raises(ConfigurationInvalid, match="unknown key") as caught:
        load(str(place), environ={})
    assert caught.value.where == f"whimbrel.toml:{line}"
    assert (caught.value.hint or "").startswith(hint)


def test_the_line_is_that_of_the_table_in_which_the_key_is_wrong(place: Path) -> None:
    write(
        place,
        {
            "pyproject.toml": """\
                url = "of nothing"
                [tool.whimbrel]
                version_table = "v"
                [tool.whimbrel.databases.a]
                url = "sqlite://"
                [tool.whimbrel.databases.b]
                url = 5
                """
        },
    )
    with pytest.raises(
        ConfigurationInvalid, match=r'"url" in \[tool.whimbrel.databases.b\] must be a string'
    ) as caught:
        load(str(place), environ={})
    assert caught.value.where == "pyproject.toml:7"


# Values, and the kinds of key that take them.
VALUES: list[tuple[Any, set[str]]] = [
    ("UTC", {"string", "strings"}),
    (["a", "b"], {"strings"}),
    ([], {"strings", "tables"}),
    ([1], set()),
    (True, {"boolean"}),
    (40, {"integer", "number"}),
    (1.5, {"number"}),
    ([{"name": "ruff"}], {"tables"}),
    ({"name": "ruff"}, set()),
]


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value).lower() if isinstance(value, bool) else repr(value)


@pytest.mark.parametrize(
    "key", [key for key in KEYS if key.name not in ("config", "section")], ids=lambda key: key.name
)
def test_each_key_takes_values_of_its_kind_and_no_others(place: Path, key: Any) -> None:
    for value, kinds in VALUES:
        write(place, {"whimbrel.toml": f"{key.name} = {_toml(value)}\n"})
        if key.kind in kinds:
            expected = [value] if key.kind == "strings" and isinstance(value, str) else value
            assert only(place).options[key.name] == expected
        else:
            with pytest.raises(ConfigurationInvalid, match=f'"{key.name}" in whimbrel.toml must be ') as caught:
                load(str(place), environ={})
            assert caught.value.where == "whimbrel.toml:1"


def test_dashes_in_a_key_are_underscores(place: Path) -> None:
    write(place, {"whimbrel.toml": 'version-table = "v"\nrender-as-batch = false\n'})
    assert only(place).version_table == "v"
    assert only(place).options["render_as_batch"] is False


NOT_TABLES = {
    "databases is a number": ("whimbrel.toml", "databases = 3\n", "databases must be tables"),
    "a database is a number": ("whimbrel.toml", "[databases]\na = 3\n", "databases must be tables"),
    "tool.whimbrel is a number": ("pyproject.toml", "[tool]\nwhimbrel = 3\n", "tool.whimbrel is not a table"),
    "tool.whimbrel is a list": ("pyproject.toml", "[[tool.whimbrel]]\n", "tool.whimbrel is not a table"),
    "tool.alembic is a text": ("pyproject.toml", "[tool]\nalembic = 'x'\n", "tool.alembic is not a table"),
}


@pytest.mark.parametrize(("name", "text", "what"), NOT_TABLES.values(), ids=NOT_TABLES)
def test_what_should_be_a_table_and_is_none_is_refused(place: Path, name: str, text: str, what: str) -> None:
    write(place, {name: text})
    with pytest.raises(ConfigurationInvalid) as caught:
        load(str(place), environ={})
    assert caught.value.what == what
    assert name in (caught.value.where or "")


def test_a_pyproject_whose_tool_is_no_table_is_no_configuration(place: Path) -> None:
    write(place, {"pyproject.toml": 'tool = "whimbrel alembic"\n'})
    assert str(load(str(place), environ={}).origin) == "."


# -- files that cannot be read -------------------------------------------------------------------

BROKEN = {
    "TOML": ("whimbrel.toml", b"url = \n", "a TOML file cannot be parsed", "", "line 1"),
    "TOML in pyproject": ("pyproject.toml", b"[tool.whimbrel\n", "a TOML file cannot be parsed", "", "line 1"),
    "TOML with a key twice": ("whimbrel.toml", b"url = 'a'\nurl = 'b'\n", "a TOML file cannot be parsed", "", "line 2"),
    "TOML in latin-1": ("whimbrel.toml", "url = 'é'\n".encode("latin-1"), "is not UTF-8", "", "byte 7 is 0xe9"),
    "ini without a section": ("alembic.ini", b"script_location = x\n", "an ini file cannot be parsed", ":1", "header"),
    "ini with half a line": ("alembic.ini", b"[alembic]\nscript_location\n", "an ini file cannot be parsed", ":2", ""),
    "ini with a key twice": ("alembic.ini", b"[alembic]\na = 1\na = 2\n", "an ini file cannot be parsed", ":3", "'a'"),
    "ini with a section twice": ("alembic.ini", b"[alembic]\n[alembic]\n", "cannot be parsed", ":2", "'alembic'"),
    "ini in latin-1": ("alembic.ini", "[alembic]\n# é\n".encode("latin-1"), "is not UTF-8", "", "byte 12 is 0xe9"),
}


@pytest.mark.parametrize(("name", "content", "what", "line", "why"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_cannot_be_parsed_is_one_error_with_its_place(
    place: Path, name: str, content: bytes, what: str, line: str, why: str
) -> None:
    write(place, {name: content})
    with pytest.raises(ConfigurationInvalid) as caught:
        load(str(place), environ={})
    assert what in caught.value.what
    assert (caught.value.where or "").endswith(f"{name}{line}")
    assert why in (caught.value.why or "")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("script_location = x\n", "the first line that is no comment must be a [section]"),
        ("[alembic]\nscript_location = x\n[broken\n", "write each line as  key = value  below a [section]"),
        ("[alembic]\na = 1\na = 2\n", "each of them once"),
    ],
)
def test_the_hint_for_an_ini_file_is_about_what_is_wrong_there(content: str, hint: str, place: Path) -> None:
    write(place, {"alembic.ini": content})
    with pytest.raises(ConfigurationInvalid) as caught:
        load(str(place), environ={})
    assert hint in (caught.value.hint or "")


YAML = {
    "broken": (b"database: [\n", ":2", "expected the node content"),
    "a tab": (b"database:\n\turl: x\n", ":2", "cannot start any token"),
    "an object": (
        b"database: !!python/object/apply:os.system ['touch owned']\n",
        ":1",
        "could not determine a constructor",
    ),
    "a name": (b"database: !!python/name:os.system\n", ":1", "could not determine a constructor"),
    "an impossible date": (b"database: 2024-13-45\n", "", "month must be in 1..12"),
    "several documents": (b"a: 1\n---\nb: 2\n", ":2", "but found another document"),
    "a key that is a list": (b"? [a]\n: 1\n", ":1", "unhashable"),
    "a control character": (b"a: \0\n", "", "special characters"),
    "latin-1": ("a: é\n".encode("latin-1"), "", "byte 3 is 0xe9"),
}


@pytest.mark.parametrize(("content", "line", "why"), YAML.values(), ids=YAML)
def test_a_yaml_file_that_is_named_has_to_be_sound_and_builds_no_objects(
    place: Path, content: bytes, line: str, why: str
) -> None:
    write(place, {"whimbrel.toml": 'url_from = "a.yaml"\n', "a.yaml": content})
    with pytest.raises(ConfigurationInvalid) as caught:
        found(place)
    assert why in (caught.value.why or "")
    assert line in (caught.value.where or "").partition("a.yaml")[2]
    assert not (place / "owned").exists()


def test_dotenv_in_latin_1_is_refused(place: Path) -> None:
    write(place, {".env": "NAME=é\n".encode("latin-1")})
    with pytest.raises(ConfigurationInvalid, match="is not UTF-8"):
        found(place)


def test_a_file_that_vanished_or_is_a_folder_is_told_so(place: Path) -> None:
    for read in (read_text, read_toml, read_yaml, lambda path: read_ini(path, "alembic")):
        for path, why in (("gone", "No such file or directory"), (str(place), "Is a directory")):
            with pytest.raises(ConfigurationInvalid, match="cannot be read") as caught:
                read(path)
            assert caught.value.why == why


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_byte_order_marks_and_windows_line_ends_are_read(place: Path, mark: bytes, end: bytes) -> None:
    files = {
        "whimbrel.toml": b'version_table = "v"\nurl_from = "a.yaml"\n',
        "a.yaml": b"database:\n  url: sqlite:///a.db\n",
        "alembic.ini": b"[alembic]\nscript_location = x\n",
    }
    write(place, {name: mark + text.replace(b"\n", end) for name, text in files.items()})
    assert only(place).version_table == "v"
    assert found(place)[0] == "sqlite:///a.db"
    assert only(place, config=["alembic.ini"]).script_location == str(place / "x")


# -- values of the right type that mean nothing ---------------------------------------------------

MEANINGLESS = {
    'version_table = ""': ("is empty", "alembic_version is the default"),
    'version_table = " "': ("is empty", "alembic_version is the default"),
    "truncate_slug_length = -1": ("is -1", "truncate_slug_length = 40"),
    'timezone = "Mars/X"': ('is "Mars/X", which is no time zone', 'timezone = "UTC"'),
    'timezone = ""': ('is "", which is no time zone', 'timezone = "UTC"'),
    'timezone = "/etc/x"': ('is "/etc/x", which is no time zone', 'timezone = "UTC"'),
    'file_template = "%(bogus)s"': ("has %(bogus), which means nothing", "known are %(rev)s, %(slug)s"),
    'file_template = "100%"': ("is no template: incomplete format", "%% for a percent sign"),
    'file_template = "%(slug)d"': ("is no template: %d format", "known are"),
}


@pytest.mark.parametrize(("line", "what", "hint"), [(line, *said) for line, said in MEANINGLESS.items()])
def test_a_value_that_means_nothing_is_refused_with_its_line(place: Path, line: str, what: str, hint: str) -> None:
    write(place, {"whimbrel.toml": f"# one\n{line}\n"})
    with pytest.raises(ConfigurationInvalid) as caught:
        only(place)
    name = line.partition(" ")[0]
    assert caught.value.what.startswith(f'"{name}" in whimbrel.toml {what}')
    assert caught.value.where == "whimbrel.toml:2"
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    "line",
    ['timezone = "utc"', 'timezone = "Europe/Berlin"', 'file_template = "%(year)d_%(month).2d_%(rev)s_%%_%(slug)s"'],
)
def test_a_value_that_alembic_understands_is_taken(place: Path, line: str) -> None:
    write(place, {"whimbrel.toml": line})
    assert only(place).name == "main"
