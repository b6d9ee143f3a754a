"""Data sets by name, and distributions whose information is known."""
