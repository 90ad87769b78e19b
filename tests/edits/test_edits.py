"""Every labelled edit ends as it should: exact, or refused by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from .cases import KINDS, Edit, every
from .engines import Whimbrel
from .grounds import Ground
from .known import KNOWN
from .oracle import WORDS, Trial, is_right


# What SQLAlchemy warns of while it reads a schema is not the question here: the dump is asked what has come of it.
@pytest.mark.filterwarnings("ignore")
@pytest.mark.exhaustive
@pytest.mark.parametrize("edit", every(), ids=lambda edit: edit.id)
def test_an_edit_ends_as_it_should(edit: Edit, ground_of: Callable[[str], Ground], tmp_path: Path) -> None:
    where = ground_of(edit.database)
    verdict = Trial(edit.case, where, lambda: Whimbrel(tmp_path, where.url)).run()
    found = f"{verdict.word} ({WORDS[verdict.word]})\n{verdict.detail}"
    if edit.id in KNOWN:
        assert not is_right(verdict, edit.case, edit.database), (
            f"take {edit.id} off the list in known.py: it is {found}"
        )
    else:
        assert is_right(verdict, edit.case, edit.database), found


def test_what_is_known_to_end_otherwise_are_cases() -> None:
    assert set() == KNOWN - {edit.id for edit in every()}


def test_each_edit_has_a_label_of_its_own() -> None:
    assert [name for name, number in Counter(edit.id for edit in every()).items() if number > 1] == []


def test_there_are_many_edits_and_many_that_change_nothing() -> None:
    cases = [case for cases in KINDS.values() for case in cases]
    assert sum(case.changes for case in cases) >= 150
    assert sum(not case.changes for case in cases) >= 20
