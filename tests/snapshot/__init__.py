"""Snapshots of rows."""
