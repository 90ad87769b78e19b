"""What `diff` compares: models, revisions, databases and dumps, each as what it makes of a database."""

from .catalogs import Sides
from .naming import Kind, Named, named

__all__ = ["Kind", "Named", "Sides", "named"]
