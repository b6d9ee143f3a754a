"""The folder of a training: begun, checked before it goes on, finished."""

from pathlib import Path
from typing import Any

from keras_ib.logs.config import update_config, write_json
from keras_ib.logs.files import CONFIG
from keras_ib.logs.lock import LOCK
from keras_ib.logs.run import read_part
from keras_ib.notices import short

MODEL = "model.keras"


def check(folder: Path, options: dict[str, Any], resume: bool):
    """Raises a `ValueError` if a training cannot begin or go on in a folder."""
    if not resume:
        files = folder.iterdir() if folder.is_dir() else ()
        if not all(_is_leftover(path) for path in files):
            raise ValueError(
                f"{folder} is not empty. Give --resume to go on with the run "
                "in it, or another --output."
            )
        return
    old = read_part(folder, "training")
    if not old:
        raise ValueError(
            f"{folder} holds no run to resume: its {CONFIG} does not say how "
            "a model was trained. Leave --resume out to start one."
        )
    for key, value in options.items():
        there = old.get(key)
        more = key == "epochs" and isinstance(there, int) and value >= there
        if there != value and not more:
            option = key.replace("_", "-")
            raise ValueError(
                f"{folder} was begun with --{option} {short(there)}, not "
                f"{value}. Resume with the same options (more --epochs are "
                "welcome), or give another --output."
            )


def begin(folder: Path, training: dict[str, Any], *, anew: bool):
    """Says in a folder how the model is trained that is watched there.

    Args:
        folder: Made if it is not there.
        training: What `config.json` shall say.
        anew: Whether the training starts at step 0. What an earlier one
            measured that was stopped before its first model is then of no
            run, and set aside when the log is opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if anew:
        write_json(folder / CONFIG, {"training": training})
    else:
        update_config(folder, "training", training)
        update_config(folder, "result", None)


def _is_leftover(path):
    """Whether a run that was killed before it began left a file there."""
    return path.name == LOCK or ".draft." in path.name
