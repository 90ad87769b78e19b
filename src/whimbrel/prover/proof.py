"""Whether a revision makes what the models say, and leads back: it is run, both ways, and the catalogs are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..catalog import Catalog, Difference, compare
from ..errors import Interrupted, ProofFailed, WhimbrelError, few
from .replica import Replica

_SHOWN = 3


class Proof:
    """The proof of one revision.

    Args:
        replica: at the revisions that it follows.
        revision: its id.
        where: its file.
        remaining: what the models want otherwise, of each database; called with what they have then.
    """

    def __init__(
        self,
        replica: Replica,
        revision: str,
        where: str,
        remaining: Callable[[Sequence[Catalog]], list[Difference]],
    ) -> None:
        self._replica = replica
        self._revision = revision
        self.where = where
        self._remaining = remaining

    def run(self) -> bool:
        """Upgrade, compare with the models; downgrade, compare with what was before.

        Returns:
            Whether it leads back: a project may have revisions that never do, and say so with `NotImplementedError`.

        Raises:
            ProofFailed: something differs, or the revision fails.
        """
        before = self._replica.read()
        with _Attempt(self, "upgrade"):
            self._replica.migrate(lambda planner: planner.upgrade(self._revision))
        if found := self._remaining(self._replica.read()):
            raise self._failed("upgrade() does not make what the models say", found, "upgrade")
        try:
            with _Attempt(self, "downgrade"):
                self._replica.migrate(lambda planner: planner.undo(self._revision))
        except ProofFailed as error:
            if _is_not_implemented(error):
                return False
            raise
        after = self._replica.read()
        if found := [one for old, new in zip(before, after, strict=True) for one in compare(new, old)]:
            raise self._failed("downgrade() does not make what was there before", found, "downgrade")
        return True

    def failed(self, what: str, why: str, way: str) -> ProofFailed:
        """The proof has failed."""
        return ProofFailed(
            f"revision {self._revision} is not proven: {what}",
            where=self.where,
            why=why,
            state="the file was written; only a scratch database was changed",
            hint=f"correct its {way}(), then  whimbrel verify --down",
        )

    def _failed(self, what: str, found: Sequence[Difference], way: str) -> ProofFailed:
        texts = tuple(map(str, found))
        error = self.failed(what, f"still to be done: {few(texts, _SHOWN, between='; ', last='; and ')}", way)
        error.differences = texts
        return error


class _Attempt:
    """Makes of a revision that fails a proof that fails."""

    def __init__(self, proof: Proof, way: str) -> None:
        self._proof = proof
        self._way = way

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        if isinstance(error, WhimbrelError) and not isinstance(error, Interrupted):
            raise self._proof.failed(f"its {self._way}() fails", error.why or error.what, self._way) from error


def unproven(stop: Interrupted | KeyboardInterrupt, where: str) -> None:
    """Let what has stopped a run tell of a file that was written, and of which nobody knows yet whether it is right.

    Args:
        stop: what was raised.
        where: the file.
    """
    told = stop if isinstance(stop, Interrupted) else Interrupted("interrupted")
    told.where, told.state = where, "the file was written, and is not proven"
    told.hint = "whimbrel verify --down  tries it; or remove it, and run the same command again"
    if stop is not told:
        stop.args = (told,)


def _is_not_implemented(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, NotImplementedError):
        error = error.__cause__
    return error is not None
