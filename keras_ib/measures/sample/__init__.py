"""What a measure is given: Z, X and Y, and what is made of them once."""
