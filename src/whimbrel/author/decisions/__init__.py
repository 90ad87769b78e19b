"""What nobody but a human can decide of a new revision: what is a rename, what may be lost, and what rows get."""

from .answers import Answers, Asking, Question
from .drops import check_drops_allowed, check_imported, dropped
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
from .losses import Losing, acknowledge
from .parts import Part, counting, counting_where
from .remaps import Held, Remap, decide_remaps, held
from .renames import Decided, decide_renames
from .retypes import Retyped, retyped

__all__ = [
    "Answers",
    "Asking",
    "Decided",
    "Fill",
    "Held",
    "Lacking",
    "Losing",
    "Part",
    "Question",
    "Remap",
    "Retyped",
    "acknowledge",
    "becomes_required",
    "cannot_be",
    "check_drops_allowed",
    "check_imported",
    "counting",
    "counting_where",
    "counting_without",
    "decide_fills",
    "decide_remaps",
    "decide_renames",
    "dropped",
    "gives_no_value",
    "held",
    "lacking",
    "retyped",
]
