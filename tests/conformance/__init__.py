"""Stock Alembic and whimbrel side by side: the same command lines on the same projects, compared."""
