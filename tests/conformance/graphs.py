"""The histories that both tools are run on."""

from __future__ import annotations

from support.projects import Rev, linear

# Letters name the lines, digits the order: c3 is the third revision, on line c. The rest is there to be left out:
# Alembic completes prefixes of four characters.
A1, A2, A3, A4 = "a1f0c2d4", "a2e19b37", "a3b4d508", "a4c6a771"
B1, B2, B3, B4 = "b1d93e02", "b2707fa6", "b35b1c44", "b4e8f20d"
C1, C2, C3 = "c15a9d60", "c2f3b18e", "c3049e7b"
M3, M4 = "d31c77aa", "d48b02ef"

GRAPHS: dict[str, list[Rev]] = {
    "linear": linear(A1, A2, A3, A4),
    # Two lines without labels: only ids and `heads` name them.
    "branched": [Rev(A1), Rev(A2, A1), Rev(B3, A2), Rev(B4, B3), Rev(C3, A2)],
    "labelled": [
        Rev(A1),
        Rev(B2, A1, labels=("billing",)),
        Rev(B3, B2),
        Rev(C2, A1, labels=("shop", "store")),
        Rev(C3, C2),
    ],
    # The second line needs two revisions of the first; its head makes the first one's head an effective one only.
    "depends_on": [
        Rev(A1, labels=("core",)),
        Rev(A2, A1),
        Rev(A3, A2),
        Rev(B1, labels=("extra",)),
        Rev(B2, B1, depends_on=(A2,)),
        Rev(B3, B2, depends_on=(A3,)),
        Rev(B4, B3),
    ],
    "merged": [Rev(A1), Rev(B2, A1, labels=("billing",)), Rev(C2, A1), Rev(M3, (B2, C2)), Rev(M4, M3)],
    "several bases": [
        Rev(A1, labels=("core",)),
        Rev(A2, A1),
        Rev(B1, labels=("extra",)),
        Rev(B2, B1),
        Rev(B3, B2),
        Rev(C1),
    ],
}
"""By what makes them different. `multidb` is a template of its own, see `projects.py`."""
