"""The estimators as NumPy in float64 states them: the oracle of the tests.

`tests/measures/oracle.py` is what the measures are held against and what is
timed here, with distances as scripts of the literature make them. Three forms
of the literature differ from the oracle in cost, and stand here:

- counting (`binning`, `ebab`): np.unique of the bytes of a row, and I(X;Z) as
  the entropy of the codes; the oracle counts joint symbols.
- `renyi_2`: the squares of all entries; the oracle takes eigenvalues.
- `ksg`: np.partition of all rows at once; the oracle goes row by row.
"""

from functools import partial
from pathlib import Path
import sys
from unittest import mock

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import psi

sys.path.append(str(Path(__file__).parents[1] / "tests" / "measures"))
import oracle

NUM_CLASSES = 10
BETA = 50.0  # Of `logdet`: the noise that float32 resolves at 8,192 columns.


class Samples:
    """X, Z and Y in float64; distances are made whenever they are asked."""

    def __init__(self, z, x, y):
        self.z, self.x, self.y = z, x, y

    def distances(self, points):
        """Squared, `[n, n]`."""
        squares = np.sum(points**2, axis=1)
        distances = squares[:, None] + squares - 2 * points @ points.T
        return np.maximum(distances, 0)


class ExactSamples(Samples):
    """The reference: distances by differences, made once."""

    def __init__(self, z, x, y):
        super().__init__(z, x, y)
        self._made = {}

    def distances(self, points):
        key = points.shape, points[0].tobytes()
        if key not in self._made:
            self._made[key] = cdist(points, points, "sqeuclidean")
        return self._made[key]


def distances_of(samples):
    """Within it the oracle has these distances, once of an array."""
    made = {}

    def distances(points):
        if id(points) not in made:
            made[id(points)] = points, samples.distances(points)
        return made[id(points)][1]

    return mock.patch.object(oracle, "distances", distances)


def of_oracle(name, samples, **options):
    """What the oracle says, with the distances of these samples."""
    with distances_of(samples):
        estimator = getattr(oracle, name)
        return estimator(samples.z, samples.x, samples.y, **options)


def renyi_2(samples):
    """The squares of the eigenvalues sum up to those of the entries."""
    with distances_of(samples):
        z, x, y = oracle.kernels(samples.z, samples.x, samples.y)
    h_z, h_x, h_y, h_xz, h_zy = (
        -np.log(np.mean(kernel**2)) for kernel in (z, x, y, x * z, z * y)
    )
    return {"i_xz": h_x + h_z - h_xz, "i_zy": h_z + h_y - h_zy}


def binning(samples, num_bins=30):
    edges = np.linspace(-1, 1, num_bins + 1)[1:-1]
    return _counted(np.digitize(samples.z, edges), samples.y)


def ebab(samples, num_bins=30):
    distinct = np.unique(samples.z)
    ranks = -(-np.arange(1, num_bins) * len(distinct) // num_bins)
    return _counted(np.digitize(samples.z, distinct[ranks]), samples.y)


def _counted(codes, y):
    """The rows of X are distinct, so I(X;Z) is the entropy of the codes."""

    def entropy(symbols):
        p = np.unique(symbols, return_counts=True)[1] / len(symbols)
        return -np.sum(p * np.log(p))

    symbols = codes.view(np.dtype((np.void, codes[0].nbytes)))[:, 0]
    within = [np.mean(y == c) * entropy(symbols[y == c]) for c in np.unique(y)]
    h_z = entropy(symbols)
    return {"i_xz": h_z, "i_zy": h_z - sum(within)}


def ksg(samples, k=3):
    def radius(d):
        return np.partition(d, k, axis=1)[:, k, None]

    z, x = (
        d / d.mean() for d in map(samples.distances, (samples.z, samples.x))
    )
    limit = radius(np.maximum(z, x))
    neighbours = [psi(np.sum(d < limit, axis=1)) for d in (z, x)]
    labels = np.empty(len(z))
    for own in (samples.y == c for c in np.unique(samples.y)):
        m = np.sum(z[own] < radius(z[own][:, own]), axis=1)
        labels[own] = psi(m) + psi(own.sum())
    constant = psi(k) + psi(len(z))
    return {
        "i_xz": constant - np.mean(sum(neighbours)),
        "i_zy": constant - np.mean(labels),
    }


STATEMENTS = {
    "kde": partial(of_oracle, "kde"),
    "binning": binning,
    "ebab": ebab,
    "renyi": partial(of_oracle, "renyi"),
    "renyi_2": renyi_2,
    "logdet": partial(of_oracle, "logdet", beta=BETA),
    "hsic": partial(of_oracle, "hsic"),
    "cs": partial(of_oracle, "cauchy_schwarz"),
    "ksg": ksg,
}
