"""Shwartz-Ziv and Tishby (2017): fitting, then compression."""
