"""Questions to a database that nobody waits for longer than they like."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Lock, Thread
from time import monotonic
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

AT_MOST = 4
"""How many questions about the same may be without an answer. Health checks come for ever, and each keeps a thread."""


class _Question(NamedTuple):
    answer: Future[Any]
    asked_at: float


_open: dict[Hashable, list[_Question]] = {}
_opening = Lock()


async def answered(about: Hashable, ask: Callable[[], T], timeout: float) -> T:
    """What `ask` returns; it is called in a thread, which goes on when nobody waits any more.

    Who asks about the same meanwhile waits for the same answer. The threads are no reason to keep a process: a loop
    that ends waits for those of its executor, which is why they are none of those.

    Args:
        about: what the question is about, and who is asked.
        ask: the question.
        timeout: seconds after which another one is asked, as the answer may never come.

    Raises:
        TimeoutError: `AT_MOST` of them have had no answer yet.
        What `ask` raises.
    """
    with _opening:
        questions = _open.setdefault(about, [])
        young = [one for one in questions if monotonic() - one.asked_at < timeout]
        if not young and len(questions) >= AT_MOST:
            raise TimeoutError
        question = young[-1] if young else _asked(about, ask, questions)
    return await asyncio.wrap_future(question.answer)


def _asked(about: Hashable, ask: Callable[[], T], questions: list[_Question]) -> _Question:
    question = _Question(Future(), monotonic())
    question.answer.set_running_or_notify_cancel()  # whoever gives up must not take it from the others
    questions.append(question)

    def run() -> None:
        try:
            result = ask()
        except BaseException as error:
            _close(about, question)
            question.answer.set_exception(error)
        else:
            _close(about, question)
            question.answer.set_result(result)

    Thread(target=copy_context().run, args=[run], name="whimbrel-ready", daemon=True).start()
    return question


def _close(about: Hashable, question: _Question) -> None:
    with _opening:
        _open[about].remove(question)
        if not _open[about]:
            del _open[about]
