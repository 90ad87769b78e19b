"""The database neon_postgres."""
