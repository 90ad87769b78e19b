"""An archive that whimbrel did not leave like that is refused, and what to do is said."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from whimbrel.archive import ArchivedTable, ArchiveReader, ArchiveWriter, Manifest
from whimbrel.connect.rows import Pace
from whimbrel.errors import ArchiveInvalid

MANIFEST = "manifest.json"
_FLAGS = {b"PK\x03\x04": 6, b"PK\x01\x02": 8}  # where the flags of a part are, behind these marks; then its method


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with one row."""
    path = tmp_path / "a.whimbrel"
    with ArchiveWriter(str(path)) as writer:
        part = writer.table(ArchivedTable(None, "a", (), ""), [[[1]]], Pace())
        writer.finish(Manifest("1", "2024-02-29", "main", "sqlite", (), (part,)))
    return path


def _changed(path: Path, name: str, offset: int, value: bytes) -> None:
    """Write into the headers of one part, as another zip program would have."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as file:
        info = file.getinfo(name)
    start = {
        b"PK\x03\x04": info.header_offset,
        b"PK\x01\x02": data.rindex(b"PK\x01\x02", 0, data.rindex(name.encode())),
    }
    for mark, flags in _FLAGS.items():
        at = start[mark] + flags + offset
        data[at : at + len(value)] = value
    path.write_bytes(data)


@pytest.mark.parametrize("part", [MANIFEST, "tables/0001.jsonl"])
@pytest.mark.parametrize(
    ("offset", "value", "why"),
    [
        (0, b"\x01", "it is encrypted"),
        (2, b"\x63", "That compression method is not supported"),
    ],
)
def test_one_that_was_encrypted_or_packed_otherwise_is_refused(
    part: str, offset: int, value: bytes, why: str, archive: Path
) -> None:
    _changed(archive, part, offset, value)
    with pytest.raises(ArchiveInvalid) as refusal, ArchiveReader(str(archive)) as reader:
        reader.check()
    assert (refusal.value.why, refusal.value.state) == (why, "nothing was changed")
    assert "zip" in str(refusal.value.hint)


def test_one_that_is_whole_is_read(archive: Path) -> None:
    with ArchiveReader(str(archive)) as reader:
        reader.check()
        assert [list(reader.rows(table, Pace())) for table in reader.manifest.tables] == [[[[1]]]]
