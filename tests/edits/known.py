"""What does not end as it should yet, as measured. What ends right must be taken off."""

NOT_YET: dict[str, tuple[str, ...]] = {
    "sqlite": (),
    "postgresql": ("references",),
    "mariadb": ("references",),
}
"""What random models do not differ in, by database: a server takes no reference to rows that have gone with a table."""

KNOWN = frozenset(("mariadb-tables-dropped_that_is_pointed_at_where_it_is_checked",))
"""The labelled edits that do not end as they should, by their ids.

On the way back a table is empty that rows point at: the key is refused, and MariaDB has committed the table by then.
"""
