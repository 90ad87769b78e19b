"""The documentation, held against the program: its examples are run, its reference pages are made again."""
