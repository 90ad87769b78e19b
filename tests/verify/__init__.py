"""Replaying a history on a scratch database."""
