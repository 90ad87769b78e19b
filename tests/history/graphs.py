"""Random and hand-drawn histories, as our `History` and as Alembic's `RevisionMap`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alembic.script.revision import Revision, RevisionMap
from hypothesis import strategies as st

from whimbrel.history import History, RevisionFile
from whimbrel.history.target import Resolver


def rev(
    name: str, down: str | Sequence[str] = (), labels: str | Sequence[str] = (), depends_on: str | Sequence[str] = ()
) -> RevisionFile:
    """A revision without a file; several names are separated by blanks."""
    downs, labels, needs = (tuple(n.split() if isinstance(n, str) else n) for n in (down, labels, depends_on))
    return RevisionFile(f"/versions/{name}_.py", name, downs, labels, needs, f"message of {name}")


class _Pinned(Revision):
    """A revision whose dependencies stay in the order written: Alembic's order of several depends on the hash seed."""

    @property
    def _normalized_resolved_dependencies(self) -> tuple[str, ...]:
        return self._pinned

    @_normalized_resolved_dependencies.setter
    def _normalized_resolved_dependencies(self, names: tuple[str, ...]) -> None:
        self._pinned = tuple(sorted(names, key=self._resolved_dependencies.index))


def revision_map(files: Iterable[RevisionFile]) -> RevisionMap:
    """Alembic's graph of the same revisions."""
    revisions = [_Pinned(f.revision, f.down_revisions, f.depends_on or None, f.branch_labels or None) for f in files]
    return RevisionMap(lambda: revisions)


def both(files: Sequence[RevisionFile], current: Iterable[str] = ()) -> tuple[Resolver, RevisionMap]:
    """Our resolver and Alembic's map, side by side."""
    return Resolver(History(files), tuple(current)), revision_map(files)


_LABELS = ("label_x", "label_y", "label_z")


@st.composite
def histories(draw: st.DrawFn, max_size: int = 8) -> list[RevisionFile]:
    """Graphs that hold together: several bases, branches, merges, dependencies on ids and labels, in any file order."""
    labels = list(_LABELS)
    files: list[RevisionFile] = []
    for number in range(draw(st.integers(1, max_size))):
        # Short ids, which cannot be abbreviated, and ids that begin alike.
        name = f"{draw(st.sampled_from(['aa', 'ab', 'b', 'cccc']))}{number:02}"
        before = [file.revision for file in files]
        downs = _some(draw, before, 3)
        labelled = [label for file in files for label in file.branch_labels]
        needs = _some(draw, [n for n in before if n not in downs], 2) + _some(draw, labelled, 1)
        own = [labels.pop()] if labels and draw(st.integers(0, 4)) == 0 else []
        files.append(rev(name, downs, own, needs if draw(st.booleans()) else ()))
    return draw(st.permutations(files))


def _some(draw: st.DrawFn, names: Sequence[str], most: int) -> list[str]:
    return draw(st.lists(st.sampled_from(names), max_size=most, unique=True)) if names else []
