"""Files that appear under their name complete, or not at all."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from whimbrel.atomic import Replacement


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_there_when_the_block_ends_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with Replacement(str(path)) as temporary:
        Path(temporary).write_text("new")
        assert not path.exists()
    assert (path.read_text(), names(tmp_path)) == ("new", ["file"])


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    replacement = Replacement(str(path))
    Path(replacement.__enter__()).write_text("ne")
    replacement.__exit__(error, error(), None)
    assert (path.read_text(), names(tmp_path)) == ("old", ["file"])


def test_a_place_that_cannot_be_taken_keeps_nothing_of_the_new_file(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError), Replacement(str(tmp_path / "file")):
        pass
    assert names(tmp_path) == ["file"]


def test_a_new_file_obeys_the_umask_and_a_replaced_one_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    before = os.umask(0o027)
    try:
        with Replacement(str(path)):
            pass
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        with Replacement(str(path)):
            pass
        assert path.stat().st_mode & 0o777 == 0o604
    finally:
        os.umask(before)


def test_a_link_in_its_place_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("theirs")
    (tmp_path / "file").symlink_to(tmp_path / "elsewhere")
    with Replacement(str(tmp_path / "file")) as temporary:
        Path(temporary).write_text("new")
    assert ((tmp_path / "file").is_symlink(), (tmp_path / "elsewhere").read_text()) == (False, "theirs")


def test_the_unfinished_file_is_none_that_alembic_would_take_for_a_revision(tmp_path: Path) -> None:
    with Replacement(str(tmp_path / "aaaa_.py")) as temporary:
        assert not temporary.endswith((".py", ".pyc", ".pyo"))
        assert os.path.dirname(temporary) == str(tmp_path)


def _disk(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the disk is told, in its order: the number of what is synced, and names that are given."""
    told: list[object] = []
    sync, replace = os.fsync, os.replace

    def synced(file: int) -> None:
        sync(file)
        told.append(os.fstat(file).st_ino)

    def replaced(source: str, target: str) -> None:
        replace(source, target)
        told.append("replaced")

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    return told


def test_one_that_is_to_last_is_on_the_disk_before_its_name_and_its_name_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, path = _disk(monkeypatch), tmp_path / "file"
    with Replacement(str(path)):
        pass
    assert told == ["replaced"]
    told.clear()
    with Replacement(str(path), is_lasting=True):
        pass
    assert told == [path.stat().st_ino, "replaced", tmp_path.stat().st_ino]


@pytest.mark.parametrize(("number", "is_refused"), [(errno.EIO, True), (errno.EINVAL, False)])
def test_a_folder_that_cannot_be_synced_is_refused_only_where_others_can(
    number: int, is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sync(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", sync)
    refused = pytest.raises(OSError, match=os.strerror(number)) if is_refused else nullcontext()
    with refused, Replacement(str(tmp_path / "file"), is_lasting=True):
        pass


_KILLED = """
import os, signal, sys
from whimbrel.atomic import Replacement
with Replacement(sys.argv[1]) as temporary:
    open(temporary, "w").write("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_has_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "file")], check=False)
    assert [name[:10] for name in names(tmp_path)] == [".whimbrel-"], "the injector works"
    with Replacement(str(tmp_path / "other")):
        pass
    assert names(tmp_path) == ["other"]


def test_what_another_one_is_still_writing_stays(tmp_path: Path) -> None:
    with Replacement(str(tmp_path / "first")) as first, Replacement(str(tmp_path / "second")) as second:
        assert Path(first).exists()
        assert Path(second).exists()
    assert names(tmp_path) == ["first", "second"]
