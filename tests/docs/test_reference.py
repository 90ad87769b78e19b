"""The reference pages are what the source makes of them, and leave nothing out."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from pathlib import Path

import generate
import pytest

import whimbrel
from whimbrel.cli.grammar import COMMANDS, GLOBAL, Command
from whimbrel.cli.parser import parse
from whimbrel.settings.keys import KEYS

from .pages import read

DOCS = Path(__file__).parents[2] / "docs"
SOURCE = Path(whimbrel.__file__).parent
CODES = {error.code for error in generate.error_classes()}


def _reference(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", generate.pages())
def test_generated_page_is_fresh(name: str) -> None:
    assert name not in generate.stale(), "run  python docs/generate.py"


# -- commands -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_command_is_documented_with_every_option(command: Command) -> None:
    _, _, section = _reference("cli.rst").partition(f".. _cli-{command.name}:\n")
    section, *_ = section.split("\n.. _cli-")
    for option in command.options:
        assert re.search(rf"^\.\. option:: .*{re.escape(option.flags[-1])}\b", section, re.MULTILINE)


def test_options_of_every_command_are_documented() -> None:
    for option in GLOBAL:
        assert re.search(rf"^\.\. option:: .*{re.escape(option.flags[-1])}\b", _reference("cli.rst"), re.MULTILINE)


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command.example], ids=lambda command: command.name
)
def test_example_of_a_command_is_a_command_line(command: Command) -> None:
    name, *arguments = shlex.split(command.example.partition(" > ")[0])
    assert name == "whimbrel"
    assert parse(arguments)[0] is command


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_usage_fits_the_page(command: Command) -> None:
    assert all(len(line) <= generate.WIDTH for line in generate.usage(command).splitlines())


def test_notes_on_exit_codes_are_about_commands() -> None:
    names = {command.name for command in COMMANDS}
    assert {
        *generate.ANSWERS_NO,
        *generate.FAILS_PARTLY,
        *generate.REFUSES,
        *generate.LOCKS,
        *generate.NEEDS_NO_DATABASE,
    } <= names


def test_exit_codes_of_errors_are_explained() -> None:
    assert {error.exit_code for error in generate.error_classes()} <= generate.EXIT_CODES.keys()


# -- errors -------------------------------------------------------------------------------------


def test_every_code_says_what_to_do_and_no_other_does() -> None:
    assert {path.stem for path in DOCS.glob("errors/*.rst")} == CODES


def test_every_code_belongs_to_one_class() -> None:
    assert len(CODES) == len(generate.error_classes())


@pytest.mark.parametrize("code", sorted(CODES))
def test_error_is_documented(code: str) -> None:
    page = _reference("errors.rst")
    assert f".. _{code.lower()}:" in page
    assert f".. include:: ../errors/{code}.rst" in page


@pytest.mark.parametrize("path", sorted(DOCS.glob("errors/*.rst")), ids=lambda path: path.stem)
def test_example_of_an_error_shows_it(path: Path) -> None:
    """`test_examples.py` runs it, so what it shows is what happens."""
    shown = [block.text for block in read(path) if block.language == "console"]
    assert not shown or any(f"error[{path.stem}]" in text for text in shown)


@pytest.mark.parametrize("path", sorted(DOCS.glob("**/*.rst")), ids=lambda path: str(path.relative_to(DOCS)))
def test_codes_in_the_text_exist(path: Path) -> None:
    assert set(re.findall(r"\bWB\d{3}\b", path.read_text(encoding="utf-8"))) <= CODES


# -- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_setting_is_documented(key: object) -> None:
    assert f".. confval:: {key.name}\n" in _reference("settings.rst")


_VARIABLE = re.compile(r'"((?:[A-Z]+_)*[A-Z]{2,}|WHIMBREL_DATABASE__\{.*?\}__(?:MIGRATION_|SCRATCH_)?URL)"')


def test_every_variable_that_is_read_is_documented_and_no_other() -> None:
    """A variable is a quoted word in capitals, in a line of code that has to do with the environment."""
    lines = [line for path in SOURCE.rglob("*.py") for line in _code(path)]
    asking = [line for line in lines if re.search(r"environ|VARIABLES =|_URL", line)]
    asked = {re.sub(r"\{.*\}", "NAME", name) for line in asking for name in _VARIABLE.findall(line)}
    assert asked == generate.VARIABLES.keys()


def _code(path: Path) -> list[str]:
    """The lines of a module without its docstrings."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines[node.lineno - 1 : node.end_lineno] = [""] * len(lines[node.lineno - 1 : node.end_lineno])
    return lines


# -- the Python interface -----------------------------------------------------------------------


def test_every_public_method_is_documented() -> None:
    page = (DOCS / "python-api.rst").read_text(encoding="utf-8")
    listed = re.search(r"autoclass:: whimbrel.Project\n   :members: (.*)", page)
    assert listed is not None
    public = {name for name in dir(whimbrel.Project) if not name.startswith("_")}
    twins = {name for name in public if name.removeprefix("a") in public and name.startswith("a")}
    assert set(listed[1].split(", ")) == public - twins


def test_every_public_name_is_documented() -> None:
    page = (DOCS / "python-api.rst").read_text(encoding="utf-8")
    for name in whimbrel.__all__:
        assert name == "__version__" or f":: whimbrel.{name}\n" in page


def test_every_method_that_asks_the_database_has_a_twin_to_await() -> None:
    for name, method in vars(whimbrel.Project).items():
        if inspect.isfunction(method) and not name.startswith(("_", "a")):
            assert inspect.iscoroutinefunction(getattr(whimbrel.Project, f"a{name}")), name
