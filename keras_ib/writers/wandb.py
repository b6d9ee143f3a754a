"""Weights & Biases."""

from pathlib import Path
from typing import Any

from keras_ib.logs.writer import Row
from keras_ib.writers.tracker import Tracker, name_of, new_id, numbers

STEP = "info_plane/step"
EPOCH = "info_plane/epoch"


class WandB(Tracker):
    """Logs to a run of Weights & Biases.

    An open `wandb.run` is used, and left open. Otherwise one begins that no
    other callback sees, named as the run folder; a training that goes on in
    the run folder goes on in it. W&B has a section a field and a chart a tap,
    as in `zx_fvu/block_02`, over the optimizer steps `info_plane/step`: its
    own steps stay the user's. The configuration, with meanings and units, is
    `config.info_plane`.

    TensorFlow is not imported. Without a network: `WANDB_MODE=offline`.

    Args:
        **options: Of `wandb.init`, such as `project` and `group`.

    Raises:
        ImportError: Without wandb: `pip install 'keras-ib[wandb]'`.

    Example:

        writer = keras_ib.writers.WandB(project="layers")
        plane = keras_ib.InfoPlane(writers=[writer])
    """

    package = "wandb"
    extra = "wandb"

    def __init__(self, **options: Any):
        super().__init__()
        self.options = options
        self._is_own = True
        self._known: set[str] = set()

    def start(self, folder: Path | None, step: float) -> Any:
        """The open run, or one of its own."""
        wandb = self.module()
        self._known = set()
        self._is_own = wandb.run is None
        if not self._is_own:
            return wandb.run
        run = wandb.init(
            **{
                "id": self.known_id(step) or new_id(),
                "name": name_of(folder),
                "resume": "allow",
                "reinit": "create_new",
            }
            | self.options
        )
        self.keep_id(run.id)
        return run

    def describe(self, config: dict) -> None:
        self.run.config.update({"info_plane": config}, allow_val_change=True)

    def write(self, rows: list[Row]) -> None:
        found = numbers(rows)
        for group in {name.partition("/")[0] for name in found} - self._known:
            self.run.define_metric(f"{group}/*", step_metric=STEP)
            self._known.add(group)
        time = {STEP: rows[0]["step"]}
        if rows[0]["epoch"] is not None:
            time[EPOCH] = rows[0]["epoch"]
        self.run.log(found | time)

    def finish(self, run: Any) -> None:
        if self._is_own:
            run.finish()
