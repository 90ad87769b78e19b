"""Random models become other random models, and end as exactly as the labelled edits do."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .engines import Whimbrel
from .grounds import Ground
from .known import NOT_YET
from .oracle import EXACT, Trial
from .strategies import FEATURES, RandomModels, case, pairs

WANTED = os.environ.get("WHIMBREL_TEST_RANDOM_EDITS")
"""How many pairs are to be tried on each database. Without it there are a few, which are always the same."""

_folder = count()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.exhaustive
@settings(
    max_examples=int(WANTED or 5),
    derandomize=WANTED is None,
    phases=[*Phase] if WANTED else [Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_random_models_become_others(
    kind: str, data: st.DataObject, ground_of: Callable[[str], Ground], tmp_path: Path
) -> None:
    before, after = data.draw(pairs([feature for feature in FEATURES if feature not in NOT_YET[kind]]))
    assert_exact(before, after, ground_of(kind), tmp_path / str(next(_folder)))


def assert_exact(before: RandomModels, after: RandomModels, where: Ground, folder: Path) -> None:
    """Try a pair, and fail if it does not end exactly."""
    folder.mkdir()
    edit = case(before, after, where.kind)
    edit = edit._replace(after=edit.before) if before == after else edit
    verdict = Trial(edit, where, lambda: Whimbrel(folder, where.url)).run()
    assert verdict.word == EXACT, f"{verdict.word}\n{verdict.detail}"


def test_what_is_not_yet_tried_are_features() -> None:
    assert {feature for features in NOT_YET.values() for feature in features} <= {*FEATURES}
