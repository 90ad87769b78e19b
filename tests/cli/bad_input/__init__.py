"""Bad input, case by case; each module has those of one kind."""
