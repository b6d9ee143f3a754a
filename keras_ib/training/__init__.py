"""One recipe of training, for the command line."""
