"""The command line `keras-ib`: parses, calls the library, prints."""
