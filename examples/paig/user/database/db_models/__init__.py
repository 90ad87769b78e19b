"""The models, a module for each."""
