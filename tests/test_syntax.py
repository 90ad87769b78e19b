"""Python source, parsed."""

from __future__ import annotations

import gc
import time
from concurrent.futures import ThreadPoolExecutor

from whimbrel.syntax import parsed

SOURCE = "x = " + " + ".join(f"[{number}, (a, {{b: c}})]" for number in range(300)) + "\ny = '\\d'\n"


def test_threads_that_parse_at_once_do_not_disturb_each_other() -> None:
    """The collector of garbage lets other threads run in the middle of a tree: it runs all the time here."""
    found = gc.get_threshold()
    gc.set_threshold(1)
    gc.callbacks.append(lambda *_: time.sleep(0))
    try:
        with ThreadPoolExecutor(8) as pool:
            trees = list(pool.map(parsed, [SOURCE] * 16))
    finally:
        gc.callbacks.pop()
        gc.set_threshold(*found)
    assert {len(tree.body) for tree in trees} == {2}
