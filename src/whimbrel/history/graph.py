"""The graph of revisions: parents and children, heads and bases, branches and what descends from what.

It answers every question that listings ask, without Alembic; a test holds it against Alembic's `RevisionMap` on random
graphs. What an upgrade, a downgrade or a stamp runs is decided by `RevisionMap` itself, fed from the same files.

Two kinds of edge: `down_revision` makes lines and branches; `depends_on` only orders. "Effective" means with both.
"""

from __future__ import annotations

from ..errors import HistoryBroken, VersionTableBroken
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from ..errors import RevisionFileBroken
    from .revision_file import RevisionFile

    Edges = Mapping[str, tuple[str, ...]]


class History:
    """All revisions of one database, in the order of their files.

    Args:
        files: the revisions that could be read.
        broken: the files that could not; listings name them, everything that changes a database refuses.
    """

    def __init__(self, files: Iterable[RevisionFile], broken: Iterable[RevisionFileBroken] = ()) -> None:
        self.broken = tuple(broken)
        self.problems: list[HistoryBroken] = []
        self.revisions: dict[str, RevisionFile] = {}
        for file in files:
            self._add(file)
        self.labelled = self._labelled()
        self._parents = {file.revision: file.down_revisions for file in self.revisions.values()}
        self._dependencies = {
            file.revision: tuple(self.labelled.get(name, name) for name in file.depends_on)
            for file in self.revisions.values()
            if file.depends_on
        }
        self._all_parents = {**self._parents}
        for revision, dependencies in self._dependencies.items():
            self._all_parents[revision] = tuple(dict.fromkeys((*self._parents[revision], *dependencies)))
        self.children = self._reversed(self._parents)
        self._effective_children = self._reversed(self._all_parents) if self._dependencies else self.children
        self._check_for_missing_parents()
        self.oldest_first = self._sorted()
        self._labels: dict[str, set[str]] | None = None
        self._inherited: dict[str, frozenset[str]] | None = None

    # -- construction ---------------------------------------------------------------------------

    def _add(self, file: RevisionFile) -> None:
        other = self.revisions.get(file.revision)
        if other is not None:
            self.problems.append(
                HistoryBroken(
                    f"revision {file.revision} is in two files",
                    where=file.path,
                    why=f"{other.path} has the same id",
                    hint="give one of them another id, and its children that id as down_revision",
                )
            )
        self.revisions[file.revision] = file

    def _labelled(self) -> dict[str, str]:
        """Branch labels and the revisions that declare them."""
        labelled: dict[str, str] = {}
        for file in self.revisions.values():
            for label in file.branch_labels:
                if label in labelled or label in self.revisions:
                    self.problems.append(
                        HistoryBroken(
                            f'the branch label "{label}" is used twice',
                            where=file.path,
                            why=f"revision {labelled.get(label, label)} has it already",
                            hint="a label names one branch: take it out of one of the files",
                        )
                    )
                labelled.setdefault(label, file.revision)
        return labelled

    def _reversed(self, edges: Edges) -> dict[str, tuple[str, ...]]:
        children: dict[str, tuple[str, ...]] = dict.fromkeys(self.revisions, ())
        for revision, parents in edges.items():
            for parent in parents:
                if parent in children and revision not in children[parent]:
                    children[parent] += (revision,)
        return children

    def _check_for_missing_parents(self) -> None:
        for revision, parents in self._all_parents.items():
            for parent in parents:
                if parent not in self.revisions:
                    self.problems.append(
                        HistoryBroken(
                            f"revision {parent} is missing",
                            where=self.revisions[revision].path,
                            why=f"revision {revision} comes after it, and {self._nowhere}",
                            hint="correct the file that cannot be read first"
                            if self.broken
                            else "restore the file (git log --all -- PATH), or correct down_revision",
                        )
                    )

    @property
    def _nowhere(self) -> str:
        """That a revision is missing, without a word on files that nobody could look into."""
        return "no file that can be read has it" if self.broken else "no file has it"

    def _sorted(self) -> list[str]:
        """All revisions, parents before children: again and again one is taken away that has no parent left.

        Raises:
            HistoryBroken: each of those that stay is on a cycle, or after one.
        """
        waiting = dict.fromkeys(self.revisions, 0)
        for children in self._effective_children.values():
            for child in children:
                waiting[child] += 1
        ready = [revision for revision, count in waiting.items() if count == 0]
        ordered: list[str] = []
        while ready:
            revision = ready.pop()
            ordered.append(revision)
            del waiting[revision]
            for child in self._effective_children[revision]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    ready.append(child)
        if waiting:
            first = next(iter(waiting))
            self.problems.append(
                HistoryBroken(
                    f"revisions form a cycle: {', '.join(waiting)}",
                    where=self.revisions[first].path,
                    why="each of them comes after another one of them",
                    state="nothing was changed",
                    hint="correct down_revision or depends_on in one of the files",
                )
            )
            raise self.problems[-1]
        return ordered

    # -- the graph ------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[str]:
        return iter(self.revisions)

    def __len__(self) -> int:
        return len(self.revisions)

    def __getitem__(self, revision: str) -> RevisionFile:
        return self.revisions[revision]

    def __contains__(self, revision: object) -> bool:
        return revision in self.revisions

    def parents(self, revision: str) -> tuple[str, ...]:
        """The `down_revision` of a revision; several for a merge, none for a base."""
        return self._parents[revision]

    def effective_parents(self, revision: str) -> tuple[str, ...]:
        """Parents and dependencies, without dependencies that an ancestor has already."""
        if revision not in self._dependencies:
            return self._parents[revision]
        if self._inherited is None:
            self._inherited = self._inherit_dependencies()
        left = [name for name in self._dependencies[revision] if name not in self._inherited[revision]]
        return tuple(dict.fromkeys((*self._parents[revision], *left)))

    def _inherit_dependencies(self) -> dict[str, frozenset[str]]:
        """The dependencies of all that come before each revision on its lines."""
        none: frozenset[str] = frozenset()
        inherited: dict[str, frozenset[str]] = {}
        handed_on: dict[str, frozenset[str]] = {}
        for revision in self.oldest_first:
            sets = {handed_on.get(parent, none) for parent in self._parents[revision]}  # a missing file hands on none
            inherited[revision] = sets.pop() if len(sets) == 1 else none.union(*sets)
            own = self._dependencies.get(revision)
            handed_on[revision] = inherited[revision].union(own) if own else inherited[revision]
        return inherited

    def ancestors(self, revisions: Iterable[str], *, effective: bool = False) -> set[str]:
        """These revisions and everything before them."""
        return self._closure(revisions, self._all_parents if effective else self._parents)

    def descendants(self, revisions: Iterable[str], *, effective: bool = False) -> set[str]:
        """These revisions and everything after them."""
        return self._closure(revisions, self._effective_children if effective else self.children)

    def _closure(self, revisions: Iterable[str], edges: Edges) -> set[str]:
        seen: set[str] = set()
        todo = [revision for revision in revisions if revision in self.revisions]
        while todo:
            revision = todo.pop()
            if revision not in seen:
                seen.add(revision)
                todo += [name for name in edges[revision] if name in self.revisions]
        return seen

    @property
    def heads(self) -> tuple[str, ...]:
        """The ends of all lines."""
        return tuple(revision for revision, children in self.children.items() if not children)

    @property
    def effective_heads(self) -> tuple[str, ...]:
        """The heads that no other revision depends on: what the version table holds after `upgrade heads`."""
        return tuple(revision for revision, children in self._effective_children.items() if not children)

    @property
    def bases(self) -> tuple[str, ...]:
        """The beginnings of all lines."""
        return tuple(revision for revision in self if not self.parents(revision))

    def is_head(self, revision: str) -> bool:
        """Whether no revision follows."""
        return not self.children[revision]

    def is_effective_head(self, revision: str) -> bool:
        """Whether no revision follows, and none depends on it."""
        return not self._effective_children[revision]

    def is_branch_point(self, revision: str) -> bool:
        """Whether more than one revision follows."""
        return len(self.children[revision]) > 1

    def is_merge_point(self, revision: str) -> bool:
        """Whether it joins several revisions."""
        return len(self.parents(revision)) > 1

    def tips(self, revisions: Collection[str]) -> tuple[str, ...]:
        """The current heads of a database at `revisions`: ends of lines among them and all that came before them.

        A version row that another one's dependency implies is not stored, so this can be more than the rows.
        """
        applied = self.ancestors(revisions, effective=True)
        return tuple(r for r in self if r in applied and not applied.intersection(self.children[r]))

    def pending(self, revisions: Collection[str]) -> tuple[str, ...]:
        """The revisions that `upgrade heads` would apply to a database at `revisions`, in the order of their files."""
        applied = self.ancestors(revisions, effective=True)
        return tuple(revision for revision in self if revision not in applied)

    def contradiction(self, revisions: Collection[str]) -> VersionTableBroken | None:
        """The error for a database that is at a revision and at one of its ancestors, which includes it; else None."""
        for revision in revisions:
            before = self.ancestors([revision]) - {revision}
            if implied := before.intersection(revisions):
                return VersionTableBroken(
                    f"the version table holds {revision} and {', '.join(sorted(implied))}, which it includes",
                    why="a row that another one implies is no place to be at",
                    state="nothing was changed",
                    hint=f"whimbrel stamp --purge {revision}, if that is where the database is",
                )
        return None

    def labels(self, revision: str) -> tuple[str, ...]:
        """The labels of the branch that a revision is on."""
        if not self.labelled:
            return ()
        if self._labels is None:
            self._labels = self._spread_labels()
        return tuple(sorted(self._labels[revision]))

    def _spread_labels(self) -> dict[str, set[str]]:
        """A label belongs to the revision that declares it, to all that follow, and to the line that leads to it.

        The line before it counts back to the last point where anything branches or merges, and only if nothing
        branches or merges from the label on (Alembic's rule).
        """
        labels: dict[str, set[str]] = {revision: set(file.branch_labels) for revision, file in self.revisions.items()}
        for revision, file in self.revisions.items():
            if not file.branch_labels:
                continue
            line = self.descendants([revision])
            if not any(self._divides(name) for name in line):
                line = line | self._line_before(revision)
            for name in line:
                labels[name].update(file.branch_labels)
        return labels

    def _line_before(self, revision: str) -> set[str]:
        line: set[str] = set()
        parents = self.parents(revision)
        while parents and parents[0] in self.revisions and not self._divides(parents[0]):
            line.add(parents[0])
            parents = self.parents(parents[0])
        return line

    def _divides(self, revision: str) -> bool:
        return len(self._effective_children[revision]) > 1 or self.is_merge_point(revision)

    # -- order ----------------------------------------------------------------------------------

    def newest_first(self, revisions: Iterable[str], ends: Iterable[str]) -> list[str]:
        """`revisions` ordered so that each stands before everything it comes after, line by line.

        Args:
            revisions: the revisions to order.
            ends: where to begin, if they are among `revisions`; what they do not lead to follows.
        """
        wanted, ends = set(revisions), set(ends)
        first = [revision for revision in self if revision in wanted and revision in ends]
        rest = [r for r in self if r in wanted and r not in ends and wanted.isdisjoint(self._effective_children[r])]
        if len(first) == 1 and not rest and len(line := self._straight_down(first[0], wanted)) == len(wanted):
            return line  # nearly every history is one line
        return _Walk(self, wanted, first + rest).order()

    def _straight_down(self, revision: str, wanted: set[str]) -> list[str]:
        """A revision, its only parent, and so on, for as long as they are wanted and nothing joins."""
        line = [revision]
        while len(parents := self._all_parents[revision]) == 1 and parents[0] in wanted:
            revision = parents[0]
            line.append(revision)
        return line

    def all_newest_first(self) -> list[str]:
        """Every revision, each before what it comes after."""
        return self.newest_first(self, self.effective_heads)

    def check(self) -> None:
        """Refuse a history that does not hold together; for everything that changes a database or writes a file.

        Raises:
            RevisionFileBroken: a file could not be read.
            HistoryBroken: an id or label is used twice, or a parent is missing.
        """
        if self.problem is not None:
            self.problem.state = "nothing was changed"
            raise self.problem

    @property
    def problem(self) -> RevisionFileBroken | HistoryBroken | None:
        """Why the history does not hold together; a file that cannot be read comes first: others follow from it."""
        return self.broken[0] if self.broken else self.problems[0] if self.problems else None


class _Walk:
    """Walks several lines down: along one while it can, and on to another where that one must come first.

    At every step it is asked which lines come after a revision. Sets of revisions are ints here, with a bit for each
    stretch on which nothing forks or joins, so that the answer costs one `&` however long the history is.
    """

    def __init__(self, history: History, revisions: Iterable[str], ends: Collection[str]) -> None:
        self._history = history
        self._left = set(revisions)
        self._stretch: dict[str, int] = {}
        self._after: list[int] = []  # for each stretch, all that come after it
        self._number_stretches(set(ends))
        self._lines = list(ends)
        self._occupied = sum(1 << self._stretch[end] for end in ends)

    def _number_stretches(self, ends: Collection[str]) -> None:
        history = self._history
        for revision in reversed(history.oldest_first):
            children = history._effective_children[revision]
            if len(children) == 1 and len(history._all_parents[children[0]]) == 1 and revision not in ends:
                self._stretch[revision] = self._stretch[children[0]]
                continue
            self._stretch[revision] = len(self._after)
            after = 0
            for number in {self._stretch[child] for child in children}:
                after |= self._after[number] | 1 << number
            self._after.append(after)

    def order(self) -> list[str]:
        ordered: list[str] = []
        at = 0
        while self._lines:
            revision = self._lines[at]
            if blockers := self._after[self._stretch[revision]] & self._occupied:
                at = self._first(blockers)
            else:
                ordered.append(revision)
                self._left.remove(revision)
                at = self._advance(at)
        return ordered

    def _first(self, stretches: int) -> int:
        """The first line that is on one of the stretches."""
        return next(n for n, revision in enumerate(self._lines) if stretches >> self._stretch[revision] & 1)

    def _advance(self, at: int) -> int:
        """Move the line at `at` one step down; the index of the line to go on with."""
        revision = self._lines[at]
        self._occupied ^= 1 << self._stretch[revision]
        following = [parent for parent in self._history.effective_parents(revision) if self._is_free(parent)]
        if not following:
            del self._lines[at]
            return max(at - 1, 0)
        self._lines[at] = following[0]
        self._lines += following[1:]
        for parent in following:
            self._occupied |= 1 << self._stretch[parent]
        return at

    def _is_free(self, revision: str) -> bool:
        """Whether no line has been over the revision, and none is on it: on its stretch it would be nowhere else."""
        return revision in self._left and not self._occupied >> self._stretch[revision] & 1
