"""Edited ini files, env.py files and command lines: whatever a project has made of Alembic's template, both read alike."""

from __future__ import annotations

import compileall
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from support.projects import Rev, linear, write_revision

from .compare import lines, records
from .graphs import A1, A2, A3, B1, B2, C1
from .projects import make
from .stage import Place, Stage
from .test_writing import _plain, _tree
from .tools import IS_NEWEST, ours, stock

Build = Callable[[Path, str], None]
_CASES: dict[str, tuple[Build, tuple[str, ...], Mapping[str, str]]] = {}

_RUN = ("heads", "history -v", "upgrade head", "current", "revision -m new --rev-id e7", "upgrade heads", "current -v",
        "downgrade base", "show head")  # fmt: skip


def _case(*commands: str, env: Mapping[str, str] | None = None) -> Callable[[Build], Build]:
    """Register a project and the commands to run in it."""

    def register(build: Build) -> Build:
        _CASES[build.__name__.strip("_")] = (build, commands or _RUN, env or {})
        return build

    return register


def _ini(folder: Path, *settings: str, instead_of: str = "", name: str = "alembic.ini") -> None:
    """Put settings at the top of `[alembic]`; `instead_of` is a line to take out."""
    path = folder / name
    text = "\n".join(line for line in path.read_text().split("\n") if not (instead_of and line.startswith(instead_of)))
    path.write_text(text.replace("[alembic]\n", "[alembic]\n" + "\n".join(settings) + "\n", 1))


def _versions(folder: Path, revisions: list[Rev]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for rev in revisions:
        write_revision(folder, rev)
    return folder


# -- where the configuration is ---------------------------------------------------------------------


@_case(*(f"-c conf/pyproject.toml -c other.ini {line}" for line in _RUN))
def _both_files_named(folder: Path, url: str) -> None:
    make(folder, url, linear(A1, A2))
    (folder / "conf").mkdir()
    (folder / "conf" / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/../alembic"\nfile_template = "%%(slug)s"\n'
    )
    _ini(folder, instead_of="script_location")
    (folder / "alembic.ini").rename(folder / "other.ini")


@_case(*(f"-n billing {line}" for line in _RUN), *(f"--na shop {line}" for line in _RUN))
def _two_sections(folder: Path, url: str) -> None:
    make(folder, url, linear(A1, A2))
    shutil.copytree(folder / "alembic", folder / "shop")
    for rev in linear(A1, A2):
        (folder / "shop" / "versions" / f"{rev.id}_.py").unlink()
    _versions(folder / "shop" / "versions", linear(B1, B2))
    place = f"version_table = shop_version\nsqlalchemy.url = {url}"
    text = (folder / "alembic.ini").read_text().replace("[alembic]", "[billing]")
    (folder / "alembic.ini").write_text(f"{text}\n[shop]\nscript_location = %(here)s/shop\n{place}\n")
    env = folder / "shop" / "env.py"
    env.write_text(
        env.read_text().replace("connection=connection,", 'connection=connection, version_table="shop_version",')
    )


@_case(env={"ALEMBIC_CONFIG": "conf/db.ini"})
def _named_by_the_environment(folder: Path, url: str) -> None:
    make(folder, url, linear(A1, A2))
    (folder / "conf").mkdir()
    (folder / "alembic.ini").rename(folder / "conf" / "db.ini")
    text = (folder / "conf" / "db.ini").read_text()
    (folder / "conf" / "db.ini").write_text(text.replace("%(here)s/alembic", "%(here)s/../alembic"))


@_case(*(f"-c conf/db.ini {line}" for line in _RUN))
def _locations_from_the_current_folder(folder: Path, url: str) -> None:
    """A relative script_location starts from the current folder, not from the ini file's."""
    make(folder, url, linear(A1, A2))
    (folder / "conf").mkdir()
    _ini(folder, "script_location = alembic", instead_of="script_location")
    (folder / "alembic.ini").rename(folder / "conf" / "db.ini")


@_case()
def _pyproject_only(folder: Path, url: str) -> None:
    make(folder, url, linear(A1, A2))
    (folder / "alembic.ini").unlink()
    (folder / "pyproject.toml").write_text(
        '[tool.alembic]\nscript_location = "%(here)s/alembic"\nprepend_sys_path = ["lib"]\ntimezone = "utc"\n'
        'file_template = "%%(year)d/%%(rev)s"\nrecursive_version_locations = true\ntruncate_slug_length = 10\n'
    )
    (folder / "lib").mkdir()
    (folder / "lib" / "where_it_is.py").write_text(f"URL = {url!r}\n")
    env = folder / "alembic" / "env.py"
    text = env.read_text().replace(
        "from alembic import context", "from alembic import context\nfrom where_it_is import URL"
    )
    text = text.replace('url = config.get_main_option("sqlalchemy.url")', "url = URL")
    text = text.replace("config.get_section(config.config_ini_section, {})", '{"sqlalchemy.url": URL}')
    env.write_text(text)


# -- what is in it ----------------------------------------------------------------------------------


@_case(*(f"-x url=URL -x flag {line}" for line in _RUN))
def _x_arguments(folder: Path, url: str) -> None:
    make(folder, "sqlite:///wrong.db", linear(A1, A2))
    env = folder / "alembic" / "env.py"
    given = 'config.set_main_option("sqlalchemy.url", context.get_x_argument(as_dictionary=True)["url"])'
    flag = 'assert context.get_x_argument()[1] == "flag" and "flag" in context.get_x_argument(as_dictionary=True)'
    env.write_text(env.read_text().replace("target_metadata = None", f"target_metadata = None\n{given}\n{flag}"))


def _several(separator: str, between: str, *more: str) -> Build:
    def build(folder: Path, url: str) -> None:
        make(folder, url)
        shutil.rmtree(folder / "alembic" / "versions")
        _versions(folder / "one", [*linear(A1, A2)])
        _versions(folder / "two", [Rev(B1, labels=("two",)), Rev(B2, B1, depends_on=(A2,))])
        places = between.join(["%(here)s/one", "%(here)s/two", "%(here)s/three"])
        _ini(folder, f"version_locations = {places}", *([f"path_separator = {separator}"] if separator else []), *more,
             instead_of="path_separator")  # fmt: skip

    return build


_PLACES = ("heads", "history", "upgrade heads", "current", f"revision -m x --rev-id e7 --head {A2}",
           "revision -m x --rev-id e8 --head two@head", "revision -m x --rev-id e9 --head base --version-path three",
           "revision -m x --rev-id f1 --head base", "heads -v", "upgrade heads", "downgrade two@base", "history -v")  # fmt: skip
for _name, _build in {
    "version_locations_os": _several("os", ":"),
    "version_locations_space": _several("space", " "),
    "version_locations_newline": _several("newline", "\n  "),
    "version_locations_semicolon": _several(";", ";"),
    "version_locations_legacy": _several("", ", "),
    "version_locations_old_key": _several("", ":", "version_path_separator = os"),
}.items():
    _CASES[_name] = (_build, _PLACES, {})


@_case("heads", "history -v", "upgrade head", "revision -m new --rev-id e7", "upgrade head", "downgrade base")
def _recursive(folder: Path, url: str) -> None:
    make(folder, url)
    _versions(folder / "alembic" / "versions" / "2024" / "05", [Rev(A1)])
    _versions(folder / "alembic" / "versions" / "2025", [Rev(A2, A1)])
    _versions(folder / "alembic" / "versions", [Rev(A3, A2)])
    _ini(folder, "recursive_version_locations = true", "file_template = %%(year)d/%%(month).2d/%%(rev)s_%%(slug)s")


def _sourceless(folder: Path, url: str, *, legacy: bool) -> None:
    make(folder, url, linear(A1, A2))
    versions = folder / "alembic" / "versions"
    compileall.compile_dir(versions, quiet=2, legacy=legacy)
    for path in versions.glob("*.py"):
        path.unlink()
    _ini(folder, "sourceless = true")


@_case("heads", "history -v", "upgrade head", "current", "downgrade -1", "show head")
def _bytecode_beside(folder: Path, url: str) -> None:
    _sourceless(folder, url, legacy=True)


@_case("heads", "history -v", "upgrade head", "current", "downgrade -1", "show head")
def _bytecode_in_the_cache(folder: Path, url: str) -> None:
    _sourceless(folder, url, legacy=False)


@_case("heads", "upgrade head", "current")
def _bytecode_of_env(folder: Path, url: str) -> None:
    _sourceless(folder, url, legacy=True)
    compileall.compile_file(folder / "alembic" / "env.py", quiet=2, legacy=True)
    (folder / "alembic" / "env.py").unlink()


def _hooks(folder: Path, text: str) -> None:
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("[post_write_hooks]\n", f"[post_write_hooks]\n{text}"))


@_case("revision -m one --rev-id e7", "revision -m two --rev-id e8", "history")
def _post_write_hooks(folder: Path, url: str) -> None:
    make(folder, url, linear(A1))
    (folder / "hook.py").write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n"
        "path.write_text(path.read_text() + f'# {pathlib.Path.cwd().name} {sys.argv[2:]}\\n')\n"
    )
    (folder / "hooked").mkdir()
    _hooks(
        folder,
        "hooks = run, fails, module\n"
        f"run.type = exec\nrun.executable = {sys.executable}\n"
        "run.options = %(here)s/hook.py REVISION_SCRIPT_FILENAME --one 'two three'\nrun.cwd = %(here)s/hooked\n"
        f"fails.type = exec\nfails.executable = {sys.executable}\nfails.options = -c 'raise SystemExit(3)'\n"
        "module.type = module\nmodule.module = py_compile\nmodule.options = REVISION_SCRIPT_FILENAME\n",
    )


@_case("revision -m one --rev-id e7")
def _post_write_hook_missing(folder: Path, url: str) -> None:
    make(folder, url, linear(A1))
    _hooks(folder, "hooks = black\nblack.type = console_scripts\nblack.entrypoint = nonsense\n")


@_case(
    *(f"revision --rev-id e{n} -m {m}" for n, m in enumerate(("short", "many_words_" * 8, "Ümlaut-and-more"))), "heads"
)
def _names_of_files(folder: Path, url: str) -> None:
    make(folder, url, linear(A1))
    _ini(folder, "file_template = %%(year)d_%%(rev)s-%%(slug)s", "truncate_slug_length = 12", "timezone = Europe/Rome",
         instead_of="file_template")  # fmt: skip


@_case(
    "revision -m x --rev-id e7",
    "revision --sql -m y --rev-id e8",
    "history",
    f"revision --head {A1} --splice -m z --rev-id e9",
    "merge heads -m joined --rev-id f1",
    "upgrade head",
)
def _revision_environment(folder: Path, url: str) -> None:
    """env.py runs for every new revision and edits it."""
    make(folder, url, linear(A1))
    _ini(folder, "revision_environment = true")
    env = folder / "alembic" / "env.py"
    text = env.read_text().replace("target_metadata = None", (
        "target_metadata = None\n\ndef edit(context, revision, directives):\n"
        "    directives[0].message += ' (edited)'\n    directives[0].imports.add('import datetime')\n"
    ))  # fmt: skip
    env.write_text(text.replace("target_metadata=target_metadata", "target_metadata=target_metadata, "
                                "process_revision_directives=edit, template_args={'team': 'billing'}"))  # fmt: skip
    mako = folder / "alembic" / "script.py.mako"
    mako.write_text(
        mako.read_text().replace("Create Date", "Team: ${team if team is not UNDEFINED else None}\nCreate Date")
    )


@_case("revision -m x --rev-id e7", "history -v", "upgrade head", "current")
def _own_template_and_encoding(folder: Path, url: str) -> None:
    make(folder, url, linear(A1))
    _ini(folder, "output_encoding = latin-1")
    mako = folder / "alembic" / "script.py.mako"
    mako.write_text(
        "# coding: latin-1\n" + mako.read_text().replace("Create Date", "Größe: ${up_revision}\nCreate Date")
    )


@_case("history -v", "show head")
def _no_docstring(folder: Path, url: str) -> None:
    make(folder, url)
    text = f'revision = "{A1}"\ndown_revision = None\n\ndef upgrade(): pass\n\ndef downgrade(): pass\n'
    (folder / "alembic" / "versions" / "1.py").write_text(text)


@_case("heads", "history -v", "upgrade head", "downgrade base", "revision -m x --rev-id e7")
def _oddly_written_revisions(folder: Path, url: str) -> None:
    """Lists, annotations, computed values, other quotes, another encoding, Windows line ends."""
    make(folder, url)
    versions = folder / "alembic" / "versions"
    run = "\ndef upgrade(): pass\ndef downgrade(): pass\n"
    (versions / "1.py").write_text(f'"""first"""\nrevision = "{A1}"\ndown_revision = None\n{run}')
    (versions / "2.py").write_text(
        f"'''single\nquotes\n\nlong'''\nrevision: str = '{A2}'\ndown_revision: str = ['{A1}']\n{run}"
    )
    (versions / "3.py").write_bytes(
        f'"""first\r\n\r\nsecond"""\r\nrevision = "{A3}"\r\ndown_revision = ("{A2}",)\r\nbranch_labels = []\r\n{run}'.encode()
    )
    (versions / "4.py").write_text(
        f'"""computed"""\nX = "b1"\nrevision = X + "00"\ndown_revision = {A3!r} if X else None\n{run}'
    )
    (versions / "5.py").write_bytes(
        f'# coding: latin-1\n"""Gr\xf6\xdfe"""\nrevision = "{B2}"\ndown_revision = "b100"\nbranch_labels = "label"\n{run}'.encode(
            "latin-1"
        )
    )
    (versions / "6.py").write_text(
        f'r"""raw \\n text"""\nrevision = "{C1}"\ndown_revision = "{B2}"\ndepends_on = ["{A1}"]\n{run}'
    )
    (versions / "__init__.py").write_text("raise ImportError")
    (versions / ".#lock.py").write_text("raise ImportError")
    (versions / "notes.txt").write_text("nothing")


@_case("heads", "history", "revision -m x --rev-id e7", "current")
def _nothing_there(folder: Path, url: str) -> None:
    make(folder, url)


@_case("heads", "history", "current", "revision -m x --rev-id e7", "upgrade head")
def _no_versions_folder(folder: Path, url: str) -> None:
    make(folder, url)
    shutil.rmtree(folder / "alembic" / "versions")


@_case("heads", "upgrade head", "current", "stamp head", "init other")
def _no_script_location(folder: Path, url: str) -> None:
    make(folder, url, linear(A1))
    _ini(folder, instead_of="script_location")


@_case("heads", "upgrade head", "revision -m x")
def _no_configuration(folder: Path, url: str) -> None:
    make(folder, url, linear(A1))
    (folder / "alembic.ini").unlink()


@pytest.mark.parametrize("name", _CASES)
def test_both_read_the_project_alike(name: str, stage: Stage, tmp_path: Path) -> None:
    if name == "no_versions_folder" and not IS_NEWEST:
        pytest.skip("this Alembic does not make the folder")
    build, commands, env = _CASES[name]
    places = stage.places("sqlite", 2)
    folders = [tmp_path / "stock", tmp_path / "ours"]
    for folder, place in zip(folders, places, strict=True):
        folder.mkdir()
        build(folder, place.url)
    for command in commands:
        told = []
        for tool, folder, place in zip((stock, ours), folders, places, strict=True):
            done = tool(*command.replace("URL", place.url).split(), cwd=folder, env=env)
            said = _said(command, done.out, folder, place) if done.code == 0 and _answers(command) else None
            told.append((done.code == 0, said, place.see(), _tree(folder, place.url), done))
        assert told[0][:4] == told[1][:4], f"{command}\n{told[0][4]}\n{told[1][4]}"


def _answers(command: str) -> bool:
    """Whether Alembic prints an answer that whimbrel prints too."""
    return any(word in command.split() for word in ("heads", "history", "current", "show", "branches", "check")) and (
        "upgrade" not in command and "revision" not in command and "merge" not in command
    )


def _said(command: str, text: str, folder: Path, place: Place) -> list[str]:
    text = _plain(text.replace(place.url, "<database>"), folder)
    return records(text) if "current" in command else lines(text)
