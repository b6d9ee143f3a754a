"""Packages that not everybody has, imported when they are used."""

from importlib import import_module
from types import ModuleType


def imported(name: str, extra: str) -> ModuleType:
    """A package that comes with an extra of keras_ib.

    Args:
        name: What is imported.
        extra: The extra of `setup.cfg` that has it.

    Raises:
        ImportError: In one sentence that names the extra.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"This needs the package {name}. Received: {error}. Call "
            f"`pip install 'keras-ib[{extra}]'`."
        ) from error
