"""Faces for applications: one call that makes their schema right, health checks, and what web frameworks want."""

from .schema import Readiness, aensure_schema, ensure_schema, ready
from .starting import lifespan

__all__ = ["Readiness", "aensure_schema", "ensure_schema", "lifespan", "ready"]
