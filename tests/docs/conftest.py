"""Makes `docs/generate.py` importable: it is a program that people run, and tests look into."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "docs"))
