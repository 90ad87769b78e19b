"""What models become in a database, and what revisions make of one: seen on scratch databases alone."""

from .attempt import attempt
from .declared import declared
from .history import Seen, past_history, see
from .known import Known
from .proof import Proof, unproven
from .replayed import Replay, replayed
from .replica import Replica
from .stamp import check_stamp
from .subject import Subject, look, models_of, of_the_project, read

__all__ = [
    "Known",
    "Proof",
    "Replay",
    "Replica",
    "Seen",
    "Subject",
    "attempt",
    "check_stamp",
    "declared",
    "look",
    "models_of",
    "of_the_project",
    "past_history",
    "read",
    "replayed",
    "see",
    "unproven",
]
