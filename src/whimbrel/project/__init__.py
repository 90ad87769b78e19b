"""The front door: one project, one of its databases, and everything that can be done with it."""

from __future__ import annotations

from .project import Project

__all__ = ["Project"]
