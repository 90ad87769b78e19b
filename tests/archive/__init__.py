"""Rows in one file."""
