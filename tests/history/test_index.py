"""Folders of revision files: the files stock Alembic loads, in its order, and a cache that is never wrong."""

from __future__ import annotations

import hashlib
import marshal
import os
import py_compile
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from whimbrel.history import header, read_folders

OLD = 1_600_000_000_000_000_000  # when the files were last changed, in nanoseconds


@pytest.fixture(autouse=True)
def _bytecode_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the switches of the process that runs the tests are."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose headers were read."""
    names: list[str] = []
    read = header.read
    monkeypatch.setattr(header, "read", lambda path: (names.append(os.path.basename(path)), read(path))[1])
    return names


def put(path: Path, revision: str, down: str | None = None, modified: int = OLD) -> Path:
    """A revision file that was last changed long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'"""about {revision}"""\nrevision = {revision!r}\ndown_revision = {down!r}\n')
    os.utime(path, ns=(modified, modified))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "versions" / "aa01_.py", "aa01")
    put(tmp_path / "versions" / "aa02_.py", "aa02", "aa01")
    return tmp_path / "versions"


def ids(*folders: Path, recursive: bool = False, sourceless: bool = False) -> list[str]:
    listing = read_folders([str(folder) for folder in folders], recursive=recursive, sourceless=sourceless)
    assert listing.broken == ()
    return [file.revision for file in listing.files]


def caches(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith("whimbrel-")]


# -- the cache -----------------------------------------------------------------------------------


def test_a_file_is_read_once_and_then_known_from_a_cache_beside_its_bytecode(
    folder: Path, read_files: list[str]
) -> None:
    first = read_folders([str(folder)])
    [cache] = caches(folder)
    assert cache.parent == folder / "__pycache__"
    assert read_files == ["aa01_.py", "aa02_.py"]
    assert read_folders([str(folder)]) == first
    assert read_files == ["aa01_.py", "aa02_.py"]


def _other_time(path: Path) -> None:
    os.utime(path, ns=(OLD, OLD + 1))


def _other_size(path: Path) -> None:
    path.write_text(path.read_text() + "\n")
    os.utime(path, ns=(OLD, OLD))


def _other_content(path: Path) -> None:
    """With the old size and modification time, as `rsync -t` and builds that give all files one date leave it."""
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:  # its clock ticks every few milliseconds
        path.write_text(path.read_text().replace("about", "About"))
        os.utime(path, ns=(OLD, OLD))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def _other_name(path: Path) -> None:
    path.rename(path.with_name("aa02_renamed.py"))


@pytest.mark.parametrize("change", [_other_time, _other_size, _other_content, _other_name])
def test_a_file_is_read_again_when_its_time_or_size_or_name_is_another(
    folder: Path, read_files: list[str], change: Callable[[Path], None]
) -> None:
    ids(folder)
    read_files.clear()
    change(folder / "aa02_.py")
    assert ids(folder) == ["aa01", "aa02"]
    assert len(read_files) == 1
    assert read_files[0].startswith("aa02")


def test_a_new_file_and_a_deleted_one_are_noticed(folder: Path, read_files: list[str]) -> None:
    ids(folder)
    put(folder / "aa03_.py", "aa03", "aa02")
    assert ids(folder) == ["aa01", "aa02", "aa03"]
    (folder / "aa02_.py").unlink()
    assert ids(folder) == ["aa01", "aa03"]
    assert read_files == ["aa01_.py", "aa02_.py", "aa03_.py"]


def test_a_folder_that_moved_is_read_again(folder: Path, read_files: list[str]) -> None:
    ids(folder)
    moved = folder.rename(folder.with_name("moved"))
    assert [file.path for file in read_folders([str(moved)]).files] == [str(moved / f"aa0{n}_.py") for n in (1, 2)]
    assert len(read_files) == 4


def test_a_file_younger_than_the_clock_is_sure_of_is_not_kept(folder: Path, read_files: list[str]) -> None:
    # It may change again within the same tick, with the same size: then nothing would tell.
    path = put(folder / "aa02_.py", "aa02", "aa01", modified=(now := time.time_ns()))
    ids(folder)
    put(path, "aa03", "aa01", modified=now)
    assert ids(folder) == ["aa01", "aa03"]
    assert read_files == ["aa01_.py", "aa02_.py", "aa02_.py"]


def test_a_broken_file_is_not_kept_and_does_not_spoil_the_cache(folder: Path, read_files: list[str]) -> None:
    broken = put(folder / "aa00_.py", "aa00")
    broken.write_text("revision = (")
    for _ in range(2):
        listing = read_folders([str(folder)])
        assert len(listing.broken) == 1
        assert len(listing.files) == 2
    assert read_files == ["aa00_.py", "aa01_.py", "aa02_.py", "aa00_.py"]


SPOILT = {
    "empty": lambda _: b"",
    "text": lambda _: b"this is no cache",
    "another type": lambda _: marshal.dumps(["aa01"]),
    "bytecode": lambda _: marshal.dumps(compile("1", "x", "eval")),
    "first half": lambda data: data[: len(data) // 2],
    "all but the end": lambda data: data[:-1],
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_cache_that_cannot_be_read_is_ignored_and_replaced(
    folder: Path, read_files: list[str], spoil: Callable[[bytes], bytes]
) -> None:
    ids(folder)
    [cache] = caches(folder)
    sound = cache.read_bytes()
    cache.write_bytes(spoil(sound))
    read_files.clear()
    assert ids(folder) == ["aa01", "aa02"]
    assert len(read_files) == 2
    assert cache.read_bytes() == sound


def test_nothing_is_written_when_python_writes_no_bytecode(
    folder: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert ids(folder) == ids(folder) == ["aa01", "aa02"]
    assert not (folder / "__pycache__").exists()
    assert len(read_files) == 4


def test_a_cache_that_is_there_is_used_when_python_writes_no_bytecode(
    folder: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids(folder)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert ids(folder) == ["aa01", "aa02"]
    assert len(read_files) == 2


def test_a_folder_in_which_nothing_can_be_written_works_without_a_cache(folder: Path, read_files: list[str]) -> None:
    (folder / "__pycache__").write_text("a file where the folder should be; permissions do not stop root")
    assert ids(folder) == ids(folder) == ["aa01", "aa02"]
    assert len(read_files) == 4
    assert sorted(path.name for path in folder.iterdir()) == ["__pycache__", "aa01_.py", "aa02_.py"]


def test_the_cache_goes_where_bytecode_goes(
    folder: Path, tmp_path: Path, read_files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "elsewhere"))
    ids(folder)
    ids(folder)
    [cache] = caches(tmp_path)
    assert cache.parent == Path(f"{tmp_path / 'elsewhere'}{folder}")
    assert len(read_files) == 2


# -- which files, in which order -----------------------------------------------------------------


def stock(*folders: Path, recursive: bool = False, sourceless: bool = False) -> list[str]:
    scripts = ScriptDirectory(
        str(folders[0]),
        version_locations=[str(folder) for folder in folders],
        recursive_version_locations=recursive,
        sourceless=sourceless,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "loaded twice! ignoring."
        return [script.revision for script in scripts._load_revisions()]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files in subfolders, some of them bytecode, among files that are no revisions."""
    root = tmp_path / "tree"
    for name in (
        "z9_.py",
        "a1_.py",
        "B2_.py",
        "b2_.py",
        "2024/c3_.py",
        "2024/q1/d4_.py",
        "2023/e5_.py",
        "2024.old/f6_.py",
    ):
        put(root / name, name.rpartition("/")[2].removesuffix("_.py"))
    for name in ("__init__.py", "2024/__init__.py", "__init__x.py", ".#a1_.py", "notes.txt", "a1_.py.orig", "a1_.pyi"):
        (root / name).write_text("no revision (")
    py_compile.compile(str(put(root / "g7_.py", "g7")), str(root / "g7_.pyc"), doraise=True)
    (root / "g7_.py").unlink()
    py_compile.compile(str(root / "a1_.py"), str(root / "a1_.pyc"), doraise=True)  # its source is there
    py_compile.compile(str(put(root / "2023/h8_.py", "h8")), doraise=True)  # into __pycache__
    (root / "2023/h8_.py").unlink()
    (root / "folder.py").mkdir()
    return root


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("sourceless", [False, True])
def test_a_tree_holds_what_alembic_loads_from_it_in_its_order(tree: Path, recursive: bool, sourceless: bool) -> None:
    expected = stock(tree, recursive=recursive, sourceless=sourceless)
    assert len(expected) == 4 + 4 * recursive + sourceless + (recursive and sourceless)
    for _ in range(2):  # from the files, and from the cache
        assert ids(tree, recursive=recursive, sourceless=sourceless) == expected


def test_folders_are_read_in_the_order_given_and_one_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    put(first / "a_.py", "aa01")
    put(second / "b_.py", "bb01")
    for folders in ((first, second), (second, first), (first, tmp_path / "gone", second), (first, first)):
        assert ids(*folders) == stock(*folders)


def test_a_file_that_two_links_and_two_folders_lead_to_is_one_revision(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "aa01_.py").symlink_to(folder / "aa01_.py")
    (folder / "link.py").symlink_to(folder / "aa02_.py")
    (tmp_path / "again").symlink_to(folder)
    for folders in ((folder,), (folder, other), (other, folder), (folder, tmp_path / "again")):
        assert ids(*folders) == stock(*folders)
        assert len(ids(*folders)) == 2


def test_a_link_to_a_folder_is_not_followed_even_if_it_leads_round_in_a_circle(folder: Path) -> None:
    put(folder / "sub" / "aa03_.py", "aa03", "aa02")
    (folder / "sub" / "round").symlink_to(folder)
    (folder / "twice").symlink_to(folder / "sub")
    assert ids(folder, recursive=True) == stock(folder, recursive=True) == ["aa01", "aa02", "aa03"]


@pytest.mark.parametrize("leads_to", ["gone.py", "aa03_.py"], ids=["nowhere", "to itself"])
def test_a_link_that_leads_to_no_file_is_a_broken_revision_file_where_alembic_fails(
    folder: Path, leads_to: str
) -> None:
    link = folder / "aa03_.py"
    link.symlink_to(leads_to)
    if leads_to == "gone.py":
        with pytest.raises(ImportError):
            stock(folder)
    listing = read_folders([str(folder)])
    assert [file.revision for file in listing.files] == ["aa01", "aa02"]
    assert [(error.what, error.where) for error in listing.broken] == [("a revision file cannot be read", str(link))]


def test_what_a_link_leads_to_decides_whether_it_is_a_revision_as_in_alembic(folder: Path, tmp_path: Path) -> None:
    # Editors mark a file as open with a link that leads to no file, and is called `.#NAME`.
    (folder / ".#aa01_.py").symlink_to("me@host.4711")
    (folder / "lock.py").symlink_to("me@host.4711")
    (folder / "text.py").symlink_to(tmp_path / "text.txt")
    (folder / "package.py").symlink_to(tmp_path / "__init__.py")
    (tmp_path / "text.txt").write_text("no revision (")
    (tmp_path / "__init__.py").write_text("no revision (")
    assert ids(folder) == stock(folder) == ["aa01", "aa02"]


def test_a_file_that_is_gone_before_it_is_read_is_a_broken_revision_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: [*listdir(path), "aa03_.py"])
    [error] = read_folders([str(folder)]).broken
    assert (error.where, error.why) == (str(folder / "aa03_.py"), "No such file or directory")


def test_a_file_may_be_called_as_a_url_or_a_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "100% [sure] ä #1?"
    put(folder / "aa 01%.py", "aa01")
    assert ids(folder) == ids(folder) == stock(folder) == ["aa01"]


def test_a_file_where_the_folder_should_be_holds_nothing(tmp_path: Path) -> None:
    assert ids(put(tmp_path / "versions", "aa01")) == []


def test_the_checksum_of_the_bytes_comes_with_each_file_from_the_cache_too(folder: Path, read_files: list[str]) -> None:
    expected = [hashlib.sha256((folder / f"aa0{n}_.py").read_bytes()).hexdigest() for n in (1, 2)]
    for _ in range(2):
        assert [file.sha256 for file in read_folders([str(folder)]).files] == expected
    assert len(read_files) == 2
