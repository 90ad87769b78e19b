"""Tables of SQLite that are rebuilt."""
