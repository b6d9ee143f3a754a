"""Z-X and Z-Y: how well X and Y are decoded from Z."""
