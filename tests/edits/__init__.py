"""Labelled edits of models: what autogenerate makes of each on each database, judged by the database's own dump."""
