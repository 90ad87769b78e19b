"""The base of all models, and the types they share."""
