"""Entry point. Nothing here or in the modules that it imports loads Keras."""

import errno
import os
import sys
from typing import Any, NoReturn

import click

from keras_ib.notices import visible
from keras_ib_cli.compare import compare
from keras_ib_cli.doctor import doctor
from keras_ib_cli.export import export
from keras_ib_cli.list import list_group
from keras_ib_cli.measure import measure
from keras_ib_cli.plot import plot
from keras_ib_cli.reading import report
from keras_ib_cli.reproduce import reproduce
from keras_ib_cli.train import train
from keras_ib_cli.watch import watch


def _nowhere():
    return open(os.devnull, "w")


class OneLineErrors(click.Group):
    """A group whose errors are one line, without the usage before them."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        kwargs["standalone_mode"] = False
        # Closed by the shell, as by `>&-`.
        sys.stdout = sys.stdout or _nowhere()
        sys.stderr = sys.stderr or _nowhere()
        try:
            sys.exit(super().main(*args, **kwargs))
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.ClickException as error:
            message = visible(" ".join(error.format_message().split()))
            click.echo(f"Error: {message}", err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            # Whoever reads the output has gone, or its disk is full.
            if error.errno not in (errno.EPIPE, errno.ENOSPC):
                raise
            sys.stdout = _nowhere()
            click.echo(
                f"Error: the output cannot be written: {error}", err=True
            )
            sys.exit(1)
        except click.Abort:
            click.echo("Interrupted.", err=True)
            sys.exit(130)


@click.group(
    cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="keras-ib")
def main():
    """Information-plane dynamics of Keras models while they train."""
    # Before TensorFlow is imported: its notices would bury ours.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


main.add_command(train)
main.add_command(measure)
main.add_command(plot)
main.add_command(watch)
main.add_command(report)
main.add_command(compare)
main.add_command(export)
main.add_command(reproduce)
main.add_command(list_group)
main.add_command(doctor)
