"""Token ids and strings as numbers: a fixed random embedding.

Each symbol gets a random normal vector that depends on the symbol and the
seed alone, so that renaming a vocabulary changes nothing but noise.
"""

import hashlib

import numpy as np

# Numbers a position, and in all. Longer samples get fewer a position; above
# MAX_WIDTH positions, runs of neighbouring positions are averaged.
PER_POSITION = 8
MAX_WIDTH = 512
# Words that are read of a text.
MAX_WORDS = 64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def embedded(array: np.ndarray, seed: int = 0) -> np.ndarray:
    """Symbols as numbers that a linear decoder can be asked for.

    Samples of at most 64 positions get 8 numbers a position; longer ones
    fewer, at most 512 in all; above 512 positions, runs of neighbouring
    positions share a number, their mean. Texts (strings with spaces, one a
    sample) are taken as their first 64 words.

    Args:
        array: `[n, ...]` integers, strings, or floats that are integers.
        seed: Seed of the embedding.

    Returns:
        `[n, width]` float32, each column of about unit variance over the
        symbols.
    """
    flat = array.reshape(len(array), -1)
    if is_text(array):
        flat = flat.astype(str) if flat.dtype.kind != "O" else flat
        flat = _words(flat[:, 0])
    symbols, place = np.unique(_keys(flat), return_inverse=True)
    place = place.reshape(flat.shape)
    width = max(1, min(PER_POSITION, MAX_WIDTH // max(1, flat.shape[1])))
    vectors = _normal(symbols, width, seed)
    if flat.shape[1] <= MAX_WIDTH:
        return vectors[place].reshape(len(array), -1)
    starts = np.linspace(0, flat.shape[1], MAX_WIDTH, endpoint=False)
    starts = starts.astype(int)
    counts = np.diff(np.append(starts, flat.shape[1]))
    sums = np.add.reduceat(vectors[place][..., 0], starts, axis=1)
    return (sums / np.sqrt(counts)).astype("float32")


def is_text(array: np.ndarray) -> bool:
    """Whether these are texts of words, one a sample."""
    if array.dtype.kind not in "OUS" or array[:1].size != 1:
        return False
    return np.mean([len(_string(v).split()) > 1 for v in array.flat]) > 0.5


def _words(texts):
    words = [_string(text).split()[:MAX_WORDS] for text in texts]
    longest = max(len(one) for one in words)
    return np.array([one + [""] * (longest - len(one)) for one in words])


def _string(value):
    return (
        value.decode("utf-8", "replace")
        if isinstance(value, bytes)
        else (str(value))
    )


def _keys(flat):
    """A 64-bit number for each symbol."""
    if flat.dtype.kind in "iub":
        return flat.astype("int64").view("uint64")
    if flat.dtype.kind == "f":
        whole = np.where(np.isfinite(flat), flat, -1)
        return np.floor(whole).astype("int64").view("uint64")
    known = {}
    for value in flat.flat:
        if value not in known:
            digest = hashlib.blake2b(_string(value).encode(), digest_size=8)
            known[value] = int.from_bytes(digest.digest(), "little")
    keys = [known[value] for value in flat.flat]
    return np.array(keys, "uint64").reshape(flat.shape)


def _normal(keys, width, seed):
    """`[len(keys), width]` normal numbers, a hash of the keys (Box-Muller)."""
    start = _mixed(np.array([seed], "int64").view("uint64") + _GOLDEN)
    counter = np.arange(1, 2 * width + 1, dtype="uint64") * _GOLDEN
    bits = _mixed(_mixed(keys + start)[:, None] + counter)
    uniform = ((bits >> np.uint64(11)).astype("f8") + 0.5) * 2.0**-53
    radius = np.sqrt(-2 * np.log(uniform[:, :width]))
    return (radius * np.cos(2 * np.pi * uniform[:, width:])).astype("float32")


def _mixed(z):
    """The finaliser of SplitMix64 (Steele et al. 2014)."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
