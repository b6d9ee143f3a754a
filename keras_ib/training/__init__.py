"""One way to train a model that is watched, for commands and papers alike."""
