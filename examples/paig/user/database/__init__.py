"""The models of this service."""
