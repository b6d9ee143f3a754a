"""`python -m keras_ib_cli`, where the script `keras-ib` is not on the path."""

from keras_ib_cli.main import main

main(prog_name="keras-ib")
