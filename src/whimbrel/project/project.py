"""One database of a project, and everything that can be done with it.

    project = whimbrel.Project.load()
    outcome = project.upgrade("head")          # in async code: await project.aupgrade("head")

Looking at files costs no SQLAlchemy: it is imported by the methods that run or compare something.
"""

from __future__ import annotations

from .comparing import Comparing
from .reaching import Reaching
from .serving import Serving
from .snapshots import Snapshots
from .verifying import Verifying
from .writing import Writing


class Project(Serving, Reaching, Verifying, Snapshots, Comparing, Writing):
    """One database of a project, and its revisions.

    Args:
        settings: the project's configuration.
        database: which of its databases.
        listener: is told what happens, see `whimbrel.events`.
        cmd_opts: makes a command line shaped as Alembic's, for env.py files that inspect it.
        attributes: what env.py finds in `config.attributes`. A `connection` there is used instead of opening one, and
            the transaction it is in stays the caller's.
        metadata: the models, if they are known, instead of those configured or found.
        asking: asks somebody what only a human can decide, see `revision`; without it such a question is an error.
    """
