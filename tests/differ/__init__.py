"""What may have been renamed, and how differences are told."""
