"""`alembic.op` and `alembic.context`, made safe for threads and tasks.

Both modules hold one global object for the whole process: with 8 threads and 8 databases, stock Alembic sends one
database's DDL to another one (measured). Here that object is a permanent stand-in that looks up, for each use, the
object of the context it is used in (`contextvars`): threads, tasks and greenlets each have their own.
"""

from __future__ import annotations

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

import alembic.context
import alembic.op
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext

_environment: ContextVar[EnvironmentContext] = ContextVar("whimbrel.environment")
_operations: ContextVar[Operations] = ContextVar("whimbrel.operations")


class _StandIn:
    """Behaves as the object of the current context."""

    def __init__(self, module: ModuleType, variable: ContextVar[Any]) -> None:
        self._module = module
        self._variable = variable

    def __getattr__(self, name: str) -> Any:
        try:
            target = self._variable.get()
        except LookupError:
            raise NameError(f"{self._module.__name__} is only available while a migration runs") from None
        return getattr(target, name)

    def module_attribute(self, name: str) -> Any:
        """The module's `__getattr__`: what has no value now is simply not there."""
        target = self._variable.get(None)
        if target is None or name.startswith("__"):
            raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r} outside of a migration")
        return getattr(target, name)

    def install(self) -> None:
        """Put the stand-in in place; again before each use, as stock Alembic run in the same process removes it."""
        vars(self._module)["_proxy"] = self
        # Attributes that are no functions (`context.config`) are globals of the module with stock Alembic. They are
        # looked up here instead, unless stock Alembic has left its own.
        vars(self._module)["__getattr__"] = self.module_attribute


_op = _StandIn(alembic.op, _operations)
_context = _StandIn(alembic.context, _environment)


@contextmanager
def environment_proxied(environment: EnvironmentContext) -> Iterator[None]:
    """Make `alembic.context` mean this environment, in this thread or task."""
    _context.install()
    _op.install()
    _tame_file_config()
    token = _environment.set(environment)
    try:
        yield
    finally:
        _environment.reset(token)


@contextmanager
def operations_proxied(context: MigrationContext) -> Iterator[Operations]:
    """Make `alembic.op` mean this migration context, in this thread or task."""
    _op.install()
    operations = Operations(context)
    token = _operations.set(operations)
    try:
        yield operations
    finally:
        _operations.reset(token)


def reinstall() -> None:
    """Put the stand-ins back where a revision has run stock Alembic in between."""
    _context.install()
    _op.install()


_stock_file_config = logging.config.fileConfig
_TOLD_BY_EVENTS = ("alembic.runtime", "alembic.autogenerate")


def _tame_file_config() -> None:
    """Keep env.py's `fileConfig()` from taking over the logging of the program that whimbrel runs in.

    It replaces the root logger's handlers and, by default, disables every logger that exists. In a program that
    migrates by itself (no command line) it does nothing; under the `whimbrel` command it disables no logger, and
    Alembic's reports of each step stay out, as events tell the same.
    """

    def file_config(fname: Any, defaults: Any = None, disable_existing_loggers: bool = True, **options: Any) -> None:
        environment = _environment.get(None)
        if environment is None:
            _stock_file_config(fname, defaults, disable_existing_loggers, **options)
        elif environment.config.cmd_opts is not None:
            _stock_file_config(fname, defaults, disable_existing_loggers=False, **options)
            for name in _TOLD_BY_EVENTS:
                logging.getLogger(name).setLevel(logging.WARNING)

    if logging.config.fileConfig is _stock_file_config:
        logging.config.fileConfig = file_config  # type: ignore[assignment]  # same call, looser types
