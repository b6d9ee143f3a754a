"""Chelombiev et al. (2019): adaptive estimators."""
