"""Where a project's work runs: in this thread, or in one that no event loop runs in.

Async drivers and env.py files start an event loop of their own, which a thread can only do if it has none.
"""

from __future__ import annotations

import sys

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Concatenate, ParamSpec, TypeVar

    from ..interruption import Interruption

    P = ParamSpec("P")
    T = TypeVar("T")


def awaited(
    method: Callable[Concatenate[Any, P], T], name: str | None = None
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]:
    """The method as a coroutine: it runs in a worker thread, where an async driver gets an event loop of its own.

    When the task is cancelled, the run is asked to stop, and waited for: else it would go on behind everybody's back.
    It is called as the method with an `a` before, unless that would be a word of Python's: then `name`.
    """

    async def coroutine(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> T:
        import asyncio
        from contextlib import suppress

        work = asyncio.ensure_future(asyncio.to_thread(method, self, *args, **kwargs))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # In a thread: it asks the server over another connection, for which async drivers need a loop of their own.
            asking = asyncio.ensure_future(asyncio.to_thread(self.interruption.request))
            while not (work.done() and asking.done()):
                with suppress(asyncio.CancelledError):  # once more changes nothing: it is stopping
                    await asyncio.wait([work, asking])
            self.interruption.requested = False
            if not work.cancelled():
                work.exception()  # it is known; the caller wants to hear of the cancellation
            raise

    setattr(coroutine, "__wrapped__", method)  # noqa: B010  # where inspect looks for the signature
    coroutine.__name__ = name or f"a{method.__name__}"
    coroutine.__doc__ = f"`{method.__name__}`, awaited."
    return coroutine


def apart(work: Callable[[], T], interruption: Interruption) -> T:
    """Run the work, in a thread of its own if an event loop runs in this one.

    Ctrl-C asks it to stop there, and it is waited for: it ends as it ends, mostly with `Stopped`.
    """
    if not _event_loop_runs():
        return work()
    from concurrent.futures import ThreadPoolExecutor, wait
    from contextvars import copy_context

    with ThreadPoolExecutor(2, "whimbrel") as pool:
        running = pool.submit(copy_context().run, work)
        while not running.done():
            try:
                wait([running])
            except KeyboardInterrupt:
                pool.submit(interruption.request)
        interruption.requested = False
        return running.result()


def _event_loop_runs() -> bool:
    """Whether this thread has a running event loop. Importing asyncio to ask costs four interpreter starts."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
