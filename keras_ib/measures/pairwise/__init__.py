"""Measures that look at all pairs of samples."""
