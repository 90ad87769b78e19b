"""`python -m whimbrel` is the `whimbrel` command."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        # Python puts the current folder first, and a project's folder `alembic/` would be taken for the library. It
        # stays in reach, behind the libraries, for an env.py that counts on it.
        sys.path.append(sys.path.pop(0))

    from .cli import main

    sys.exit(main())
