"""One database after the other in one process: what the code of one project leaves behind is not there for the next."""

from __future__ import annotations

import os
import sys

from ..record import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class isolated:  # noqa: N801  # read as a function: `with isolated(…)`. contextlib would cost the light commands more
    """Take back the variables, the search path and the modules of a project when its turn is over.

    Folders beside each other have a `models.py` each, and the second `import models` would get the first one's.

    Args:
        root: the folder that holds the projects: modules of files below it are forgotten, unless they are installed.
        needed: whether there is anything to keep apart.
    """

    def __init__(self, root: str, *, needed: bool) -> None:
        self._root = os.path.join(os.path.realpath(root), "")
        self._needed = needed

    def __enter__(self) -> None:
        if self._needed:
            self._variables, self._path, self._modules = dict(os.environ), [*sys.path], set(sys.modules)

    def __exit__(self, *_: object) -> None:
        if not self._needed:
            return
        for name in [name for name in os.environ if name not in self._variables]:
            del os.environ[name]
        os.environ.update(self._variables)
        sys.path[:] = self._path
        for name, module in list(sys.modules.items()):
            if name not in self._modules and self._is_of_project(module):
                del sys.modules[name]

    def _is_of_project(self, module: Any) -> bool:
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
        path = os.path.realpath(file)
        return path.startswith(self._root) and not any(part in path for part in _INSTALLED)
