"""What logs say: phases, comparisons, and how sure they are."""
