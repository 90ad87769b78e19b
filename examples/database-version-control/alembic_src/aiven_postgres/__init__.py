"""The database aiven_postgres."""
