"""The estimators as scripts of the literature state them, NumPy in float64."""

import numpy as np
from scipy.spatial.distance import cdist
from scipy.special import psi

NUM_CLASSES = 10
BETA = 50.0  # Of `logdet`: the noise that float32 resolves at 8,192 columns.


class Rows:
    """X, Z and Y in float64; distances are made whenever they are asked."""

    def __init__(self, z, x, y):
        self.z, self.x, self.y = z, x, y

    def first(self, n):
        return type(self)(self.z[:n], self.x[:n], self.y[:n])

    def distances(self, name):
        """Squared, `[n, n]`."""
        rows = getattr(self, name)
        squares = np.sum(rows**2, axis=1)
        distances = squares[:, None] + squares - 2 * rows @ rows.T
        return np.maximum(distances, 0)

    def kernels(self):
        """Of Z, X and Y."""
        distances = self.distances("z"), self.distances("x")
        z, x = (np.exp(-d / (2 * d.mean())) for d in distances)
        return z, x, (self.y[:, None] == self.y).astype(float)


class ExactRows(Rows):
    """The reference: distances by differences, made once."""

    def __init__(self, z, x, y):
        super().__init__(z, x, y)
        self._distances = {
            name: cdist(rows, rows, "sqeuclidean")
            for name, rows in (("z", z), ("x", x))
        }

    def distances(self, name):
        return self._distances[name]


def kde(rows, variance=0.1):
    def bound(d, scale):
        return -np.mean(np.log(np.mean(np.exp(-d / scale), axis=1)))

    d = rows.distances("z")
    classes = [rows.y == c for c in np.unique(rows.y)]
    found = {}
    for name, scale in ("upper", 2 * variance), ("lower", 8 * variance):
        within = [c.mean() * bound(d[c][:, c], scale) for c in classes]
        found[f"i_xz_{name}"] = bound(d, scale)
        found[f"i_zy_{name}"] = found[f"i_xz_{name}"] - sum(within)
    return found


def binning(rows, num_bins=30):
    edges = np.linspace(-1, 1, num_bins + 1)[1:-1]
    return _counted(np.digitize(rows.z, edges), rows.y)


def ebab(rows, num_bins=30):
    distinct = np.unique(rows.z)
    ranks = -(-np.arange(1, num_bins) * len(distinct) // num_bins)
    return _counted(np.digitize(rows.z, distinct[ranks]), rows.y)


def _counted(codes, y):
    """The rows of X are distinct, so I(X;Z) is the entropy of the codes."""

    def entropy(symbols):
        p = np.unique(symbols, return_counts=True)[1] / len(symbols)
        return -np.sum(p * np.log(p))

    symbols = codes.view(np.dtype((np.void, codes[0].nbytes)))[:, 0]
    within = [np.mean(y == c) * entropy(symbols[y == c]) for c in np.unique(y)]
    h_z = entropy(symbols)
    return {"i_xz": h_z, "i_zy": h_z - sum(within)}


def renyi(rows, alpha=1.01, max_rows=512):
    def entropy(kernel):
        values = np.linalg.eigvalsh(kernel / len(kernel))
        return np.log(np.sum(np.maximum(values, 0) ** alpha)) / (1 - alpha)

    return _informations(entropy, *rows.first(max_rows).kernels())


def renyi_2(rows):
    """The squares of the eigenvalues sum up to those of the entries."""
    return _informations(lambda k: -np.log(np.mean(k**2)), *rows.kernels())


def _informations(entropy, z, x, y):
    h_z = entropy(z)
    return {
        "i_xz": entropy(x) + h_z - entropy(x * z),
        "i_zy": h_z + entropy(y) - entropy(z * y),
    }


def logdet(rows):
    def scaled(a):
        return (a - a.mean(axis=0)) / a.std(axis=0)

    def entropy(*parts):
        a = np.concatenate(parts, axis=1)
        noisy = np.eye(a.shape[1]) + BETA * (a.T @ a) / len(a)
        return np.linalg.slogdet(noisy)[1] / 2

    z, x, y = map(scaled, (rows.z, rows.x, np.eye(NUM_CLASSES)[rows.y]))
    h_z = entropy(z)
    return {
        "i_xz": entropy(x) + h_z - entropy(x, z),
        "i_zy": h_z + entropy(y) - entropy(z, y),
    }


def hsic(rows):
    kernels = dict(zip("zxy", rows.kernels(), strict=True))
    for kernel in kernels.values():
        np.fill_diagonal(kernel, 0)
    found = {
        a + b: _debiased(kernels[a], kernels[b])
        for a, b in ("xz", "zy", "xx", "zz", "yy")
    }
    for a, b in ("xz", "zy"):
        own = np.sqrt(found[a + a] * found[b + b])
        found[f"cka_{a}{b}"] = found[a + b] / own
    return found


def _debiased(k, m):
    n = len(k)
    total = k.sum() * m.sum() / ((n - 1) * (n - 2))
    rows = 2 * np.sum(k.sum(axis=1) * m.sum(axis=1)) / (n - 2)
    return (np.sum(k * m) + total - rows) / (n * (n - 3))


def cs(rows):
    def information(k, m):
        cross = np.mean(k.mean(axis=1) * m.mean(axis=1))
        return np.log(np.mean(k * m) * k.mean() * m.mean() / cross**2)

    z, x, y = rows.kernels()
    return {"i_xz": information(x, z), "i_zy": information(z, y)}


def ksg(rows, k=3):
    def radius(d):
        return np.partition(d, k, axis=1)[:, k, None]

    z, x = (d / d.mean() for d in map(rows.distances, "zx"))
    limit = radius(np.maximum(z, x))
    neighbours = [psi(np.sum(d < limit, axis=1)) for d in (z, x)]
    labels = np.empty(len(z))
    for own in (rows.y == c for c in np.unique(rows.y)):
        m = np.sum(z[own] < radius(z[own][:, own]), axis=1)
        labels[own] = psi(m) + psi(own.sum())
    constant = psi(k) + psi(len(z))
    return {
        "i_xz": constant - np.mean(sum(neighbours)),
        "i_zy": constant - np.mean(labels),
    }


STATEMENTS = {
    f.__name__: f
    for f in (kde, binning, ebab, renyi, renyi_2, logdet, hsic, cs, ksg)
}
