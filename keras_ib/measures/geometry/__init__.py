"""Measures of the shape of Z: its covariance."""
