"""Run folders: written, recovered and read."""
