"""Measures that train networks, anew at every measurement."""
