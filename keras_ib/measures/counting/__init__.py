"""Measures that count how often symbols occur."""
