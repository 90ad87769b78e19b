"""Revisions as text, in the forms that Alembic prints: scripts parse them."""

from __future__ import annotations

from ..history import History
from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from ..errors import WhimbrelError


def short(
    history: History,
    revision: str,
    *,
    labels: bool = False,
    message: bool = False,
    parents: bool = False,
    tree: bool = True,
    current: bool = False,
) -> str:
    """A revision in one line, for example `ae10 -> 27c6 (billing) (head), add invoices`.

    Args:
        history, revision: the revision.
        labels, message, parents: what to show besides its id.
        tree: whether to say that it is a branch point or a merge point.
        current: whether to say that the database is at it.
    """
    file = history[revision]
    text = revision
    if parents:
        before = _parents(history, revision)
        text = f"{before} ({', '.join(file.depends_on)}) -> {text}" if file.depends_on else f"{before} -> {text}"
    if labels and (names := history.labels(revision)):
        text += f" ({', '.join(names)})"
    if history.is_effective_head(revision):
        text += " (head)"
    elif history.is_head(revision):
        text += " (effective head)"
    if current:
        text += " (current)"
    if tree:
        text += _tree_marks(history, revision)
    return f"{text}, {file.message}" if message else text


def entry(history: History, revision: str, *, current: bool = False) -> str:
    """A revision in full, as `history --verbose` and `show` print it."""
    file = history[revision]
    head = " (head)" if history.is_head(revision) else ""
    lines = [f"Rev: {revision}{head}{_tree_marks(history, revision)}{' (current)' if current else ''}"]
    lines.append(f"{'Merges' if history.is_merge_point(revision) else 'Parent'}: {_parents(history, revision)}")
    if file.depends_on:
        lines.append(f"Also depends on: {', '.join(file.depends_on)}")
    if history.is_branch_point(revision):
        lines.append(f"Branches into: {', '.join(history.children[revision])}")
    if history.labels(revision):
        lines.append(f"Branch names: {', '.join(history.labels(revision))}")
    body = "\n".join(f"    {line}" for line in file.longdoc.splitlines())
    return "\n".join([*lines, f"Path: {file.path}", "", body, ""])


def as_dict(history: History, revision: str, *, current: bool | None = None) -> dict[str, object]:
    """A revision as plain data, for `--json`."""
    file = history[revision]
    data: dict[str, object] = {
        "revision": revision,
        "down_revision": list(file.down_revisions),
        "branch_labels": list(history.labels(revision)),
        "depends_on": list(file.depends_on),
        "is_head": history.is_head(revision),
        "is_branch_point": history.is_branch_point(revision),
        "is_merge_point": history.is_merge_point(revision),
        "message": file.message,
        "path": file.path,
    }
    return data if current is None else {**data, "is_current": current}


def nowhere(problem: WhimbrelError | None) -> str:
    """What to say of a database's revision that is not among those that were read."""
    return "unknown: no file that can be read has it" if problem else "unknown: no file has it"


def _parents(history: History, revision: str) -> str:
    return ", ".join(history.parents(revision)) or "<base>"


def _tree_marks(history: History, revision: str) -> str:
    branch = " (branchpoint)" if history.is_branch_point(revision) else ""
    return branch + (" (mergepoint)" if history.is_merge_point(revision) else "")
