"""Where whimbrel differs from Alembic on purpose. The documentation quotes this table.

Every entry is shown at work, with both tools, by a test in `test_differences.py`; a difference that is not here is a
defect.
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """What Alembic does, what whimbrel does instead, and why."""

    alembic: str
    whimbrel: str
    why: str


DIFFERENCES: dict[str, Difference] = {
    # -- what is printed, and how a command ends --------------------------------------------------
    "errors": Difference(
        "`FAILED: …` on standard output, exit code 255; a traceback and 1 for what it has no message for",
        "`error[WB…]: …` on standard error; 1 the answer is no, 2 command line and files, 3 database, 6 refused",
        "a script that reads standard output must not read an error as a revision, and can tell the cases apart",
    ),
    "quiet": Difference(
        "`-q` silences results and errors too: `alembic -q current` prints nothing",
        "`-q` leaves out messages and progress; results and errors stay",
        "a command whose answer is silenced answers nothing",
    ),
    "result line": Difference(
        "upgrade, downgrade and stamp print nothing on standard output, and log lines on standard error",
        "one line on standard output: `main  base -> ae10  (1 revision, verified)`; nothing if nothing was done",
        "it says what a new connection has confirmed, not what was attempted",
    ),
    "broken files": Difference(
        "one revision file with a syntax error stops heads, history, branches and show",
        "a file whose header cannot be read is named, the others are listed, and everything that changes something "
        "refuses; an error below the header stops upgrade and downgrade before the first revision, if they run that file",
        "the file to correct is easier to find with the others in sight",
    ),
    "cycles": Difference(
        "a cycle of revisions is accepted if a base leads into it and a head out of it; upgrade runs a revision before one "
        "that it depends on, and downgrade drops the tables, ends in an AssertionError and leaves the row",
        "refused by every command, with the names of these revisions",
        "no order of them is right",
    ),
    "async upgrade": Difference(
        "a revision whose upgrade() is `async def`, or has a `yield` in it, is recorded as applied, and none of it has run",
        "refused before the first revision runs, as is such a downgrade()",
        "a version table that names it would be wrong",
    ),
    # -- targets ----------------------------------------------------------------------------------
    "steps everywhere": Difference(
        "only upgrade and downgrade know `head-1`, `ae10+2`, `+1`; show, history and stamp refuse most of them",
        "every command reads every target",
        "one grammar",
    ),
    "current everywhere": Difference(
        "`current` is a word of show, edit and history only",
        "upgrade, downgrade, stamp and merge take it too, with +N or -N behind it",
        "one grammar",
    ),
    "garbage": Difference(
        "`upgrade +1abc` is read as `+1`",
        "refused",
        "a typing error must not migrate a database",
    ),
    "contradictory rows": Difference(
        "`stamp ae10 27c6` writes both rows even if one revision includes the other; an upgrade then fails",
        "refuses to write them, and to work with them until `stamp --purge REVISION` has said where the database is",
        "such a table says two things about the same database",
    ),
    "ambiguous -1": Difference(
        "`downgrade -1` of a database with several heads warns, and takes back one of them by chance",
        "refused: `LABEL@-1` or `REVISION@-1` says which",
        "chance must not choose what is dropped",
    ),
    "stamp looks": Difference(
        "`stamp` records whatever it is told; that a database lacks a column of that revision shows when a later one fails",
        "replays the history on a scratch database, and refuses what is not as it leaves the tables; `--force` does not "
        "look, and the journal has who has recorded what in which way",
        "a version table that is wrong is believed by everything that comes after it",
    ),
    "stamp several": Difference(
        "`stamp ae10 27c6` and `stamp heads` derive every change from the rows before the first one: where two lines have "
        "rows, it loses one of them or ends in a KeyError; it overlooks `label@base` beside another target, and writes "
        "both of two revisions of which one depends on the other, which no upgrade can start from",
        "one target after the other, `base` first: all of them are recorded, and other lines keep their rows",
        "the table says afterwards what was typed",
    ),
    "stamp along a label": Difference(
        "`stamp label@head` also deletes the rows of lines that only depend on the label's first revision; "
        "`stamp REVISION` of the same head keeps them",
        "both keep them",
        "what was applied on the other line would be applied again",
    ),
    "stamp by steps": Difference(
        "`stamp -1` counts down from the heads, and fails on a database that holds any row; `stamp +1` always fails",
        "they record where `downgrade -1` and `upgrade +1` would end; only without a row, or with --purge, does -1 count "
        "from the heads",
        "-1 is one revision before where the database is",
    ),
    "overwalk": Difference(
        "`stamp -9` below the first revision means base, and `stamp --purge -9` empties the version table",
        "refused, as `downgrade -9` is",
        "a typing error must not lose the version",
    ),
    "purge": Difference(
        "`stamp --purge nonsense` empties the version table first and fails then; on SQLite and MariaDB it stays empty",
        "targets are read first, and nothing is purged if one names nothing",
        "a failed command changes nothing",
    ),
    "range end": Difference(
        "`history -r -3:ae10` counts back from the heads, although the tutorial says from the end of the range",
        "counts back from the end of the range",
        "`history -r -3:current` is in Alembic's tutorial and fails there unless the database is at the head",
    ),
    "range with a space": Difference(
        "`history -r -3:current` is an error of argparse: it must be written `-r-3:current`",
        "both are read",
        "the tutorial writes it with the space",
    ),
    "base is base": Difference(
        "with a database at base, `history -r :current` lists everything: an empty current means the heads",
        "lists nothing, and refuses `ae10:current`",
        "a new database is before the first revision, not at the last one",
    ),
    "any range": Difference(
        "`history -r` is an AssertionError where a dependency leaves the range, and refuses `-1:` with several heads, "
        "`current:+1` with several current revisions and `current:current`",
        "lists what lies between the ends, whatever the way from one to the other is",
        "looking at a history should never fail",
    ),
    "open ranges": Difference(
        "`upgrade ae10: --sql` and `upgrade :ae10 --sql` end in an AssertionError",
        "an open end is heads, an open start is base, as in `history -r`",
        "one grammar",
    ),
    "implied heads": Difference(
        "`current --check-heads` says no for ever if a head is another revision's `depends_on`: its row is never stored",
        "says yes once `upgrade heads` has nothing to do",
        "the question is whether anything is left to do",
    ),
    "merge one": Difference(
        "`merge heads` with one head writes a merge of one revision",
        "refused; a head that is named twice counts once",
        "there is nothing to merge",
    ),
    "merge message": Difference(
        "`merge` without `-m` writes a revision that is about nothing: `empty message`",
        "its message is what it merges: `merge ae10 and 27c6`",
        "the message is what `history` shows",
    ),
    # -- databases --------------------------------------------------------------------------------
    "transactions": Difference(
        "an upgrade of a PostgreSQL database is one transaction: the last revision's failure takes the others back",
        "each revision is a transaction of its own, with its row in the version table",
        "what was reported done stays done, and no lock is held longer than one revision needs",
    ),
    "sqlite transactions": Difference(
        "a revision that fails on SQLite leaves its first statements behind, and then fails for ever",
        "the failed revision leaves nothing behind",
        "the run can be repeated",
    ),
    "sqlite rebuilds": Difference(
        "batch mode on SQLite makes a table from what is reflected: triggers, unnamed CHECKs, expression indexes and more are "
        "lost, and the rows that refer to it if foreign keys are enforced; it fails on views and generated columns",
        "the table is made from its own text, with foreign keys off, and everything is compared afterwards",
        "a migration must not lose what it does not name",
    ),
    "reading writes nothing": Difference(
        "revision --autogenerate, check, history -i, show current create the table alembic_version, or its SQLite file",
        "they write nothing",
        "a command that looks may be run with a role that may only look",
    ),
    "several databases": Difference(
        "history -i, show current and ranges with current print their list once for each database of a multidb env.py",
        "print it once, with every database's revisions marked; `current -v` and `status` tell the databases apart",
        "the list of revisions is one",
    ),
    "nothing to do": Difference(
        "upgrade and downgrade of a new database create an empty alembic_version when there is nothing to do, "
        "and on SQLite and MariaDB when they are refused",
        "on SQLite and PostgreSQL they write nothing; MariaDB commits the table by itself",
        "what changed nothing leaves nothing behind",
    ),
    "true is true": Difference(
        "in an ini file `recursive_version_locations = True` and `sourceless = yes` are false: only `true` is true",
        "True, yes, on and 1 are true as well",
        "revisions that are silently not found are applied to no database",
    ),
    # -- new files --------------------------------------------------------------------------------
    "relative path": Difference(
        "`Generating` and the whole path of the new file, and nothing more",
        "the path from the current folder; on standard error, what comes next",
        "it is shorter, and an editor or a shell finds it as well",
    ),
    "messages": Difference(
        "the message is pasted into the file: quotes, backslashes and line breaks in it are code",
        "one line, escaped so that it reads back as it was typed",
        "three quotes and a line break in a message would be run by the next `history`",
    ),
    "ids and labels": Difference(
        "--rev-id takes what the version table cannot hold (33 characters), what is no file name (`a/b`), what is taken; "
        "a branch label that is taken is refused after the file was written",
        "refused before anything is written, and so is a branch label with one of @ - + :",
        "the file would be there, and the upgrade would fail, or could not be asked for",
    ),
    "baseline": Difference(
        "`revision --autogenerate` writes an empty revision if `create_all()` has made the tables, and no revision",
        "nothing is written; `--baseline` writes the revision that makes them, and stamps the database with it",
        "an empty first revision leaves the next database empty",
    ),
}
