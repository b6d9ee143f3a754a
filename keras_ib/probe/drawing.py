"""Which samples are drawn, each once, and on which side of the split."""

from dataclasses import dataclass

import keras
import numpy as np

from keras_ib.probe.identity import digests, numbered
from keras_ib.probe.inputs import joined
from keras_ib.probe.notices import Notes, TooFewSamples
from keras_ib.probe.sources import Source

MIN_SAMPLES = 8
# Where samples come again, so many times the wanted number are read at most.
MOST_READ = 4


@dataclass(frozen=True, eq=False)
class Drawn:
    """Samples that were drawn, in the order of the drawing.

    Attributes:
        x: Structure of arrays, or None.
        y: Structure of arrays, or None.
        rows: `[n]` int, where in the source they stand.
        keys: `[n]` identity of X; None without X.
        y_keys: `[n]` identity of Y; None without Y.
    """

    x: object
    y: object
    rows: np.ndarray
    keys: np.ndarray | None
    y_keys: np.ndarray | None

    def take(self, order: np.ndarray) -> "Drawn":
        """These of the samples, in this order; no copy if it is theirs."""
        if np.array_equal(order, np.arange(len(self.rows))):
            return self
        return Drawn(
            *keras.tree.map_structure(
                lambda a: None if a is None else a[order],
                (self.x, self.y, self.rows, self.keys, self.y_keys),
            )
        )


def draw_samples(
    source: Source,
    size: int,
    draws: int,
    seed: int,
    notes: Notes,
    keep_repeated: bool = False,
) -> list[Drawn]:
    """Draws at random, `draws` times, no sample twice.

    Samples of weight 0, samples without a label, and samples that came before
    (equal X and equal Y) are left out; the last only if two or more differ.

    Raises:
        TooFewSamples: If fewer than two samples are left.
    """
    candidates = np.flatnonzero(source.weighted())
    if len(candidates) < source.num_samples:
        notes.say(
            f"{source.num_samples - len(candidates)} samples of weight 0 are "
            "left out."
        )
    order = np.random.default_rng(seed).permutation(len(candidates))
    order = candidates[order]
    pool = _pool(source, order, size * draws, notes, keep_repeated)
    if len(pool.rows) == 1 and len(order) > 1:
        notes.warn(
            "All samples of the probe are equal: there is nothing to tell."
        )
        pool = _pool(source, order, size * draws, notes, True)
    count = len(pool.rows)
    if count < 2:
        raise TooFewSamples(
            "Two samples at least are needed, one to fit and one to hold out. "
            f"Received: {count}. Give more samples in data=(x, y)."
        )
    draws = _possible_draws(count, draws, notes)
    size = min(size, count // draws)
    if size < MIN_SAMPLES:
        notes.warn(
            f"The probe has {size} samples that differ; its numbers say next "
            "to nothing. Give 1,000 or more in data=(x, y)."
        )
    return [
        pool.take(np.arange(k * size, (k + 1) * size)) for k in range(draws)
    ]


def _possible_draws(count, draws, notes):
    possible = max(1, min(draws, count // MIN_SAMPLES))
    if possible < draws:
        notes.warn(
            f"draws={draws} needs {MIN_SAMPLES * draws} samples where {count} "
            f"are there: {possible} is taken."
        )
    return possible


def _pool(source, order, wanted, notes, keep_repeated):
    """Reads on until there are as many different samples as are wanted."""
    parts, num_read, pool = [], 0, None
    stop = min(len(order), MOST_READ * wanted)
    while pool is None or (len(pool.rows) < wanted and num_read < stop):
        have = 0 if pool is None else len(pool.rows)
        rows = order[num_read : min(stop, num_read + wanted - have)]
        num_read += len(rows)
        parts.append((*source.take(rows), rows))
        x, (y, read) = joined([(x, (y, rows)) for x, y, rows in parts])
        pool = Drawn(x, y, read, _keys(x), _keys(y))
        if keep_repeated:
            break
        is_kept = _labelled(y, len(read)) & _first(pool)
        pool = pool.take(np.flatnonzero(is_kept)[:wanted])
        parts = [(pool.x, pool.y, pool.rows)]
    _note_left_out(source, num_read, len(pool.rows), notes)
    return pool


def _note_left_out(source, num_read, num_kept, notes):
    if num_read > num_kept:
        notes.say(
            f"{num_read - num_kept} of {num_read} samples that were read came "
            "again or have no label: each is counted once."
        )


def _keys(structure):
    arrays = [a for a in keras.tree.flatten(structure) if a is not None]
    return digests(arrays) if arrays else None


def _first(pool):
    """Whether no sample of equal X and Y came before."""
    both = np.zeros(len(pool.rows), "int64")
    for keys in (pool.keys, pool.y_keys):
        if keys is not None:
            both = both * len(keys) + numbered(keys)
    is_first = np.zeros(len(both), bool)
    is_first[np.unique(both, return_index=True)[1]] = True
    return is_first


def _labelled(y, count):
    """Whether a sample has a label: one number that is not NaN or Inf."""
    if isinstance(y, np.ndarray) and y.dtype.kind == "f" and y.size == count:
        return np.isfinite(y.reshape(-1))
    return np.ones(count, bool)
