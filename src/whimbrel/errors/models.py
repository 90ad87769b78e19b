"""WB3xx: the models cannot be found or read."""

from __future__ import annotations

from .error import WhimbrelError


class ModelsNotFound(WhimbrelError):
    """No SQLAlchemy models were found, or the named ones are not models."""

    code = "WB301"


class ModelImportFailed(WhimbrelError):
    """A module with models cannot be imported."""

    code = "WB302"


class ModelsEmpty(WhimbrelError):
    """The models hold no table while the database does: autogenerate would drop everything."""

    code = "WB303"


class ModelsNotCreatable(WhimbrelError):
    """The database refuses to create what the models say."""

    code = "WB304"
