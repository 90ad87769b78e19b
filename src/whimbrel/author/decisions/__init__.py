"""What nobody but a human can decide of a new revision: what is a rename, what may be lost, and what rows get."""

from .answers import Answers, Asking, Question
from .drops import Part, acknowledge_drops, check_drops_allowed, check_imported, counting, dropped
from .fills import (
    Fill,
    Lacking,
    becomes_required,
    cannot_be,
    counting_without,
    decide_fills,
    gives_no_value,
    lacking,
)
from .remaps import Held, Remap, decide_remaps, held
from .renames import Decided, decide_renames

__all__ = [
    "Answers",
    "Asking",
    "Decided",
    "Fill",
    "Held",
    "Lacking",
    "Part",
    "Question",
    "Remap",
    "acknowledge_drops",
    "becomes_required",
    "cannot_be",
    "check_drops_allowed",
    "check_imported",
    "counting",
    "counting_without",
    "decide_fills",
    "decide_remaps",
    "decide_renames",
    "dropped",
    "gives_no_value",
    "held",
    "lacking",
]
