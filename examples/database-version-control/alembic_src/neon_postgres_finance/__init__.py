"""The database neon_postgres_finance."""
