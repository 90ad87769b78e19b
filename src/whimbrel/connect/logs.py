"""What drivers log, which nobody is to read who has set up no logging: Python would write it to standard error.

psycopg warns of what a lost connection leaves behind, which our error tells. asyncmy warns of whatever the server notes
of a statement, other drivers of MySQL do not.
"""

from __future__ import annotations

import logging


def keep_quiet(driver: str) -> None:
    """Let what a driver logs go to nobody but the handlers that the project has set up."""
    logger = logging.getLogger(driver)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
