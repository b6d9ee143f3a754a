"""`keras-ib watch`: a run in a browser, while it grows."""

from pathlib import Path

import click

from keras_ib_cli.errors import as_usage_errors


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="[default: a free one]",
)
def watch(run: Path, port: int):
    """Shows a RUN folder in a browser, and what is added to it.

    The page is served to this machine alone, until Ctrl-C. The RUN may be one
    that has not begun. Needs plotly: pip install 'keras-ib[html]'.
    """
    from keras_ib.plotting.server import Server

    with as_usage_errors():
        server = Server(run, port)
    with server:
        click.echo(f"{run} is at {server.address} until Ctrl-C.")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo(f"\n{run} is no longer watched.")
