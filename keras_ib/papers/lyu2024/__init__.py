"""Lyu and Rodrigues (2024): what shortcuts do to fitting and compression."""
