"""`python -m whimbrel` is the `whimbrel` command."""

from __future__ import annotations

import sys

from .cli import main

sys.exit(main())
