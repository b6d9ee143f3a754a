"""Saxe et al. (2018): compression depends on the nonlinearity."""
