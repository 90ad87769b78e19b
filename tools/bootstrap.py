"""Make .venv: whimbrel itself (editable) and one dependency group, from a bare Python.

    python3 tools/bootstrap.py [--group test] [--venv DIR]

A stock Debian with python3 and pip refuses `pip install` (PEP 668) and cannot make a
virtual environment with pip inside (that is in python3-venv), so a README that begins
with either loses readers at the first line. Nothing more than that Python is needed
here: uv if there is one, else venv, else venv without pip and the system's pip
installing from outside. A stamp inside the environment says what it holds; where that
is all there already, nothing is done and nothing is printed.

Older Pythons must be able to parse this file, to be told so in a sentence.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

OLDEST_PYTHON = (3, 11)
OLDEST_PIP = (22, 3)  # the first with `pip --python`

THIS_PYTHON = "{}.{}".format(*sys.version_info)
if sys.version_info < OLDEST_PYTHON:
    sys.stderr.write(
        "bootstrap: whimbrel needs Python {}.{} or newer, but {} is {}; "
        "if there is a newer one, name it: make PYTHON=python3.12 demo\n".format(
            *OLDEST_PYTHON, sys.executable, THIS_PYTHON
        )
    )
    sys.exit(2)

# Started from inside a virtual environment, perhaps the very one that is about to be
# rebuilt, the Python to build with is the one below it. venv itself does the same.
BASE_PYTHON: str = getattr(sys, "_base_executable", sys.executable)

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
STAMP = ".whimbrel-bootstrap.json"

OTHER_PLACE = "move it away, or choose another place: tools/bootstrap.py --venv DIR"
NO_PLACE = "may this user write there, and is there room on the disk?"
DEBIAN = "on Debian or Ubuntu, as root: apt install python3-venv (or python3-pip)"
PIP_NETWORK = (
    "no network, a proxy, a private index? pip reads its usual configuration here"
    " (PIP_INDEX_URL, HTTPS_PROXY, pip.conf); then run the same command again"
)
UV_NETWORK = (
    "no network, a proxy, a private index? uv reads its own configuration, not pip's"
    " (UV_DEFAULT_INDEX, HTTPS_PROXY, uv.toml); then run the same command again"
)


class Failure(Exception):
    """An expected way to fail: told in a few lines, without a traceback."""

    def __init__(self, what: str, hint: str, output: str = "") -> None:
        super().__init__(what)
        self.hint = hint
        self.tail = output.strip().splitlines()[-20:]


class Stamp(NamedTuple):
    """What an environment was made for and what it holds, as kept inside it."""

    place: str  # its Python and folder: another one means making it anew
    inputs: str  # a hash of what decides its content: another one means installing again
    requirements: list[str]

    def holds(self, wanted: "Stamp") -> bool:
        same = (self.place, self.inputs) == (wanted.place, wanted.inputs)
        return same and set(self.requirements) >= set(wanted.requirements)


UNFINISHED = Stamp(place="", inputs="", requirements=[])


def main() -> int:
    options = parse_arguments()
    try:
        requirements = group_requirements(options.group) if options.group else []
        with PYPROJECT.open() as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # a second terminal waits, then finds all done
            prepare(Path(options.venv).resolve(), requirements)
    except Failure as failure:
        say(str(failure))
        for line in failure.tail:
            say(f"  | {line}")
        say(f"hint: {failure.hint}")
        return 1
    except OSError as error:
        say(f"{error.filename or options.venv}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; run the same command again to finish")
        return 130
    return 0


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make whimbrel's development environment.")
    parser.add_argument("--group", help="a dependency group of pyproject.toml (default: none)")
    parser.add_argument("--venv", metavar="DIR", default=ROOT / ".venv", help="default: .venv")
    return parser.parse_args()


def group_requirements(group: str) -> list[str]:
    """The requirements of one PEP 735 group, with those of the groups it includes."""
    import tomllib  # not above: older Pythons lack it, and must reach their message

    groups = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    if group not in groups:
        raise Failure(f"no dependency group {group!r}", "there are: " + ", ".join(groups))

    def resolve(name: str) -> Iterator[str]:
        for item in groups[name]:
            if isinstance(item, str):
                yield item
            else:
                yield from resolve(item["include-group"])

    return sorted(set(resolve(group)))


def prepare(venv: Path, requirements: list[str]) -> None:
    """Make `venv` hold the project and the requirements, doing only what is missing."""
    wanted = Stamp(f"Python {THIS_PYTHON} in {venv}", hash_of_inputs(), requirements)
    found = read_stamp(venv)
    if found and found.holds(wanted) and python_of(venv).exists():
        return

    started = time.monotonic()
    if not worth_keeping(venv, found, wanted.place):
        make(venv)
        found = UNFINISHED
    elif found and found.inputs == wanted.inputs:
        wanted = wanted._replace(requirements=[*found.requirements, *requirements])

    say("installing whimbrel and what it needs, which can take a minute")
    if found:
        write_stamp(venv, UNFINISHED)  # if this gets killed, nobody builds upon it
    try:
        install(venv, requirements)
    except Failure:
        if found:
            write_stamp(venv, found)  # pip gave up before it changed anything
        raise
    write_stamp(venv, wanted)
    say(f"ready, {time.monotonic() - started:.0f} s")


def hash_of_inputs() -> str:
    digest = hashlib.sha256(os.fsencode(ROOT))  # where the editable install points
    digest.update(PYPROJECT.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def worth_keeping(venv: Path, stamp: Stamp | None, place: str) -> bool:
    """Whether to install into what is there; if not, it is made anew.

    Making anew deletes. That happens only to a virtual environment which this script
    made, or in which nothing is installed: any other may be somebody's work.
    """
    if not venv.exists():
        return False
    if not (venv / "pyvenv.cfg").is_file():
        raise Failure(f"{venv} is there and is no virtual environment", OTHER_PLACE)
    fits = python_of(venv).exists() and site_packages(venv).is_dir()
    if stamp:
        return fits and stamp.place == place
    if not any(venv.rglob("*.dist-info")):
        return False  # such as `python3 -m venv` leaves on a Debian without python3-venv
    if not fits:
        raise Failure(f"{venv} is there, for another Python than {THIS_PYTHON}", OTHER_PLACE)
    return True


def make(venv: Path) -> None:
    """An environment with nothing in it, except pip where that comes of itself."""
    say(f"{'rebuilding' if venv.exists() else 'making'} {venv} (Python {THIS_PYTHON})")
    remove(venv)
    uv = working_uv()
    if uv:
        must_run([uv, "venv", "--python", BASE_PYTHON, str(venv)], NO_PLACE)
        return
    must_run([BASE_PYTHON, "-m", "venv", "--without-pip", str(venv)], NO_PLACE)
    # Distributions take ensurepip apart in different ways (all of it, its wheels, its
    # wheels moved elsewhere): whether it can put pip inside, only trying tells.
    pip_inside = run([str(python_of(venv)), "-m", "ensurepip", "--default-pip"])
    if pip_inside.returncode != 0 and system_pip() < OLDEST_PIP:
        raise Failure(f"this Python has no pip and cannot put one into {venv}", DEBIAN)


def remove(venv: Path) -> None:
    """Delete an environment, its pyvenv.cfg last: cut short, it still shows what it was."""
    if venv.exists():
        for entry in venv.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
        shutil.rmtree(venv)


def install(venv: Path, requirements: list[str]) -> None:
    """Install the project, editable, and the requirements."""
    python = str(python_of(venv))
    what = ["--editable", str(ROOT), *requirements]
    uv = working_uv()
    if uv:
        must_run([uv, "pip", "install", "--python", python, *what], UV_NETWORK)
        return
    if (site_packages(venv) / "pip").is_dir():
        pip = [python, "-m", "pip", "install"]
    else:
        pip = [BASE_PYTHON, "-m", "pip", "--python", python, "install"]
    # An older wheel rather than a newer source: there may be no compiler here.
    must_run([*pip, "--quiet", "--no-input", "--prefer-binary", *what], PIP_NETWORK)


def working_uv() -> str | None:
    """uv, if it is on PATH and starts: a version manager's shim may do only the first."""
    uv = shutil.which("uv")
    return uv if uv and run([uv, "--version"]).returncode == 0 else None


def system_pip() -> tuple[int, ...]:
    """The version of the pip outside the environment; empty if there is none."""
    version = re.match(r"pip (\d+)\.(\d+)", run([BASE_PYTHON, "-m", "pip", "--version"]).stdout)
    return tuple(map(int, version.groups())) if version else ()


def must_run(command: list[str], hint: str) -> None:
    done = run(command)
    if done.returncode != 0:
        raise Failure(f"failed: {' '.join(command[:4])} ...", hint, done.stdout)


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run without showing anything, and so without a stdin that could be asked for."""
    return subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # `user = true` in a pip.conf makes pip refuse every virtual environment.
        env={**os.environ, "PIP_USER": "0"},
    )


def python_of(venv: Path) -> Path:
    return venv / "bin" / "python"


def site_packages(venv: Path) -> Path:
    return venv / "lib" / f"python{THIS_PYTHON}" / "site-packages"


def read_stamp(venv: Path) -> Stamp | None:
    try:
        return Stamp(**json.loads((venv / STAMP).read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError):  # cut short, or written by another version
        return UNFINISHED


def write_stamp(venv: Path, stamp: Stamp) -> None:
    (venv / STAMP).write_text(json.dumps(stamp._asdict(), indent=1), encoding="utf-8")


def say(text: str) -> None:
    print(f"bootstrap: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
