"""`--help`: short, and true."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import whimbrel
from support.projects import linear, native_project
from whimbrel.cli.grammar import COMMANDS, GLOBAL, ONLY_BEFORE, Command
from whimbrel.cli.parser import make_parser, overview

GENERAL = sorted(max(option.flags, key=len) for option in GLOBAL)


def test_the_general_options_are_in_the_help_of_the_whole() -> None:
    text = overview(make_parser())
    assert all(flag in text for flag in GENERAL)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_help_of_a_command_shows_its_own_options_and_where_the_others_are(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args([command.name, "--help"])
    lines = capsys.readouterr().out.splitlines()
    shown = {word.strip(",") for line in lines for word in line.split() if line.startswith("  ") and word[0] == "-"}
    assert shown >= {flag for option in command.options for flag in option.flags if flag.startswith("-")}
    assert not shown & {flag for flag in GENERAL if flag not in ONLY_BEFORE.get(command.name, ())}
    assert lines[-1].startswith("whimbrel --help shows the general options")


def test_a_general_option_is_accepted_behind_the_command_all_the_same(tmp_path: Path) -> None:
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    assert '"command": "heads"' in whimbrel("heads", "--json", "-q", cwd=folder).ok().out


@pytest.mark.parametrize("arguments", [["help"], ["help", "upgrade"], ["help", "update-db"]])
def test_help_is_a_word_as_well(arguments: list[str], tmp_path: Path) -> None:
    asked = whimbrel(*arguments[1:], "--help", cwd=tmp_path).ok()
    assert whimbrel(*arguments, cwd=tmp_path) == asked


MEANT = {
    "--bogus": ("whimbrel has no option --bogus", "whimbrel --help"),
    "--databse x status": ('there is no command "x"', "whimbrel --help"),
    "-V": ("whimbrel has no option -V", "whimbrel --help"),
    "--jsn": ("whimbrel has no option --jsn", "did you mean --json?"),
    "upgrade --bogus": ("upgrade has no option --bogus", "whimbrel upgrade --help"),
    "help nosuch": ('there is no command "nosuch"', "whimbrel --help"),
    "up": ('there is no command "up"', "did you mean upgrade or update_db?"),
    "update-": ('there is no command "update-"', "did you mean update_db?"),
    "migration": ('there is no command "migration"', "did you mean run_migration?"),
}


@pytest.mark.parametrize("line", MEANT)
def test_what_means_nothing_is_named_with_what_may_have_been_meant(line: str, tmp_path: Path) -> None:
    what, hint = MEANT[line]
    refused = whimbrel(*line.split(), cwd=tmp_path)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"error[WB101]: {what}\n  hint:  {hint}\n"


@pytest.mark.parametrize("line", ["-d one -d two upgrade", "upgrade --database one -d two"])
def test_two_databases_are_refused_and_the_same_one_twice_is_not(line: str, tmp_path: Path) -> None:
    refused = whimbrel(*line.split(), cwd=tmp_path)
    assert refused.code == 2
    assert "error[WB101]: -d is given twice: one, two" in refused.err
    folder = native_project(tmp_path / "p", "sqlite:///app.db", linear("aaaa"))
    whimbrel(*line.replace("one", "main").replace("two", "main").split(), cwd=folder).ok()
