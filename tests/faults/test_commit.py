"""An env.py that executes something too early leaves a transaction open: nobody may say then that it is done."""

from __future__ import annotations

import pytest

from faults.conftest import MakeBench
from faults.databases import version
from faults.generator import SHAPES, point_at


@pytest.mark.parametrize("system", ["whimbrel with env.py", "alembic, transaction per migration"])
def test_ending_well_means_that_it_is_done(kind: str, system: str, make_bench: MakeBench) -> None:
    bench = make_bench(kind, system, count=SHAPES.index("concurrently"))  # Alembic asserts that no such block is there
    expected = bench.expected
    bench.prepare()
    point_at(bench.project, bench.url, early=True)
    run = bench.launcher.one(bench.job())
    silently = run.code == 0 and version(bench.url) != expected["version"]
    assert silently == system.startswith("alembic"), f"exit code {run.code}, version {version(bench.url)}"
