"""A folder for each database."""
