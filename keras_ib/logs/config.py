"""What `config.json` says: read, looked over and written."""

from collections.abc import Iterator
import json
import os
from pathlib import Path
from typing import Any

from keras_ib.logs.files import CONFIG, is_plain, write_atomically
from keras_ib.notices import short

SCHEMA = 2
# The forms of what is relied on: a name with "?" may be missing, `str` is any
# name, a list holds items of one form, a tuple has several to choose from.
# What is not named may be anything.
FORMS: Any = {
    "schema?": int,
    "measures?": {
        str: {
            "fields": {
                str: {
                    "unit?": str,
                    "kind?": str,
                    "rows?": str,
                    "meaning?": str,
                    "formula?": (str, None),
                    "ceiling?": ({str: (int, float, None)}, int, float, None),
                }
            },
            "config?": dict,
            "num_taps?": int,
        }
    },
    "taps?": [{"name": str, "shape?": list}],
    "data?": {
        str: {"num_rows?": int, "num_fit?": int, "num_held_out?": int},
    },
    "rows_per_measurement?": int,
    "seed?": int,
    "steps?": str,
    "left_out?": [{"name": str, "reason": str}],
    "training?": dict,
    "result?": {"test_accuracy?": (int, float), "seconds?": (int, float)},
    "checkpoints?": [{"step": int, "file": str, "crc32": int}],
}


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a run.

    Raises:
        ValueError: If there is none, or not one that can be read.
    """
    path = folder / CONFIG
    if not os.path.exists(path):
        raise ValueError(
            f"{folder} is not a run folder: it has no {CONFIG}. A run folder "
            "is what InfoPlane(log_dir=...) or `keras-ib train` wrote."
        )
    config = read_json(path)
    schema = config.get("schema", 1)
    if isinstance(schema, int) and schema > SCHEMA:
        raise ValueError(
            f"{path} is of a newer keras-ib: its schema is {short(schema)}, "
            f"and this one reads up to {SCHEMA}. Update keras-ib."
        )
    if wrong := next(_wrong(config, FORMS, "it"), None):
        raise ValueError(f"{path} is damaged: {wrong}.")
    return config


def read_json(path: Path, form: Any = dict) -> Any:
    """What a JSON file holds.

    Args:
        path: The file.
        form: The type that it is to be of, or several.

    Raises:
        ValueError: If it is damaged.
    """
    if not is_plain(path):
        raise ValueError(f"{path} is a pipe, a device or a folder.")
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        # Half a character is written as \\udXXX, and can be shown nowhere.
        json.dumps(found, ensure_ascii=False).encode()
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {short(error)}.") from error
    if wrong := next(_wrong(found, form, "it"), None):
        raise ValueError(f"{path} is damaged: {wrong}.")
    return found


def update_config(folder: Path, key: str, value: Any) -> None:
    """Sets one entry of a folder's `config.json`, as a whole or not at all.

    Args:
        folder: The run folder; made if it is not there.
        key: Name of the entry, such as `"training"`.
        value: What JSON can hold; None takes the entry away.
    """
    path = folder / CONFIG
    config = read_json(path) if path.exists() else {}
    config[key] = value  # At its place: a run that goes on writes the same.
    if value is None:
        del config[key]
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, config)


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Replaces a file by a value in JSON, as a whole."""
    write_atomically(path, json.dumps(value, indent=1) + "\n")


def _wrong(value: Any, form: Any, name: str) -> Iterator[str]:
    """What of a value is not of its form, in words."""
    if isinstance(form, dict):
        yield from _wrong(value, dict, name)
        for key in form if isinstance(value, dict) else ():
            yield from _wrong_at(value, form[key], key, name)
    elif isinstance(form, list):
        yield from _wrong(value, list, name)
        for one in value if isinstance(value, list) else ():
            yield from _wrong(one, form[0], f"an item of {name}")
    else:
        allowed = form if isinstance(form, tuple) else (form,)
        inner = next((one for one in allowed if isinstance(one, dict)), None)
        if inner is not None and isinstance(value, dict):
            yield from _wrong(value, inner, name)
        # In Python true is an integer.
        elif (None if value is None else type(value)) not in allowed:
            yield f"{name} is {short(json.dumps(value), 40)}"


def _wrong_at(value, form, key, name):
    if key is str:
        for one, inner in value.items():
            yield from _wrong(inner, form, f"{short(one, 40)!r}")
    elif (known := key.removesuffix("?")) in value:
        yield from _wrong(value[known], form, f"{known!r}")
    elif known == key:
        yield f"{name} has no {known!r}"
