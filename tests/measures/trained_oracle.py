"""The learned measures once more, in NumPy float64, slopes by hand.

What training does is repeated step for step, from the same first weights.
"""

from keras import ops
from measures import oracle
from measures.samples import sample
import numpy as np
import scipy.special

from keras_ib.measures import ZX, ZY, Variational

LOOK, PATIENCE = 20, 100


def starts(measure, z, x, y, target):
    """The parameters with which the networks of the package begin."""
    return [
        [ops.convert_to_numpy(p)[0] for p in network.start(1)]
        for network in measure.networks(sample(z, x, y), target)
    ]


def mlp(parameters, z):
    """Output, and a map from the slope of it to those of the parameters."""
    first, bias, last, last_bias = parameters
    hidden = np.maximum(z @ first + bias, 0)

    def slopes(slope):
        inner = (slope @ last.T) * (hidden > 0)
        return [
            z.T @ inner,
            inner.sum(axis=0, keepdims=True),
            hidden.T @ slope,
            slope.sum(axis=0, keepdims=True),
        ]

    return hidden @ last + last_bias, slopes


def train(start, loss, rows, budget, patience=PATIENCE, rate=1e-3, decay=0):
    """The best parameters, their step and loss; `loss(parameters, rows)`."""
    num_train, num_fit, batch_rows = rows
    now = [np.asarray(p, "float64") for p in start]
    first = [np.zeros_like(p) for p in now]
    second = [np.zeros_like(p) for p in now]
    best, best_step = now, 0
    least = loss(now, np.arange(num_train, num_fit))[0]
    size = min(batch_rows, num_train)
    for step in range(1, budget + 1):
        rows = ((step - 1) * size + np.arange(size)) % num_train
        slopes = loss(now, rows)[1]
        first = [0.9 * m + 0.1 * s for m, s in zip(first, slopes, strict=True)]
        second = [
            0.999 * v + 0.001 * s**2
            for v, s in zip(second, slopes, strict=True)
        ]
        now = [
            (1 - rate * decay) * p
            - rate
            * (m / (1 - 0.9**step))
            / (np.sqrt(v / (1 - 0.999**step)) + 1e-7)
            for p, m, v in zip(now, first, second, strict=True)
        ]
        if step % LOOK == 0:
            value = loss(now, np.arange(num_train, num_fit))[0]
            if value < least:
                best, least, best_step = now, value, step
            if step - best_step > patience:
                break
    return best, best_step, least


def scaled(rows, n):
    rows = rows - rows[:n].mean(axis=0)
    return rows / (np.sqrt(np.mean(rows[:n] ** 2)) or 1.0)


def sizes(z):
    n = len(z) // 2
    return n, n - n // 4


def zx(z, x, y, budget):
    (begin,) = starts(ZX("network"), z, x, y, "x")
    n, m = sizes(z)
    z, target = scaled(z, n), scaled(x, n)

    def loss(parameters, rows):
        output, slopes = mlp(parameters, z[rows])
        error = output - target[rows]
        return np.mean(error**2), slopes(2 * error / error.size)

    best, step, _ = train(begin, loss, (m, n, 128), budget)
    unit = np.sqrt(np.mean((x[:n] - x[:n].mean(axis=0)) ** 2))
    found = oracle.zx_fields(unit * mlp(best, z[n:])[0], x - x[:n].mean(axis=0))
    return found | {"steps": step}


def zy(z, x, y, budget):
    (begin,) = starts(ZY("network"), z, x, y, "y")
    n, m = sizes(z)
    z, target = scaled(z, n), np.eye(y.max() + 1)[y]

    def loss(parameters, rows):
        output, slopes = mlp(parameters, z[rows])
        log_p = scipy.special.log_softmax(output, axis=1)
        value = -np.mean(np.sum(target[rows] * log_p, axis=1))
        return value, slopes((np.exp(log_p) - target[rows]) / len(rows))

    best, step, _ = train(begin, loss, (m, n, 128), budget)
    log_p = scipy.special.log_softmax(mlp(best, z[n:])[0], axis=1)
    return oracle.zy_fields(log_p[:, None], y[:, None]) | {"steps": step}


def normal_scores(rows, n):
    """Columns as normal quantiles of the ranks among the first n rows."""

    def scores(column):
        values, counts = np.unique(column[:n], return_counts=True)
        last = np.cumsum(counts)
        # The end of a tie, its middle, and the begin of the next.
        ranks = last - counts / 2
        below = np.searchsorted(values, column)
        found = np.empty(len(column))
        for i, (value, k) in enumerate(zip(column, below, strict=True)):
            if k < len(values) and values[k] == value:
                found[i] = ranks[k]
            elif 0 < k < len(values):
                part = (value - values[k - 1]) / (values[k] - values[k - 1])
                found[i] = last[k - 1] - 0.5 + part
            else:
                found[i] = 0 if k == 0 else n
        return scipy.special.ndtri(np.clip(found, 0.5, n - 0.5) / n)

    return np.stack([scores(column) for column in rows.T], axis=1)


def embedding(parameters, rows):
    """A network plus a linear map."""
    output, slopes = mlp(parameters[:4], rows)
    return output + rows @ parameters[4], lambda s: [*slopes(s), rows.T @ s]


def critic(parameters, z, target):
    """Scores, and a map from the slope of them to those of the parameters."""
    a, a_slopes = embedding(parameters[:5], z)
    b, b_slopes = embedding(parameters[5:10], target)
    if len(parameters) == 10:
        return a @ b.T, lambda s: a_slopes(s @ b) + b_slopes(s.T @ a)
    last = parameters[10]
    hidden = np.maximum(a[:, None] + b, 0)

    def slopes(s):
        inner = s[:, :, None] * (hidden > 0) * last[:, 0]
        ours, theirs = inner.sum(axis=1), inner.sum(axis=0)
        ends = np.einsum("ij,ijh->h", s, hidden)[:, None]
        return [*a_slopes(ours), *b_slopes(theirs), ends]

    return hidden @ last[:, 0], slopes


def info_nce(s):
    own = scipy.special.log_softmax(s, axis=1)
    value = np.mean(np.diag(own)) + np.log(len(s))
    return value, (np.eye(len(s)) - np.exp(own)) / len(s)


def nwj(s):
    s = np.clip(s, -5, 5)
    same = np.eye(len(s), dtype=bool)
    return 1 + np.mean(s[same]) - np.mean(np.exp(s[~same]))


def smile(s):
    same = np.eye(len(s), dtype=bool)
    others = np.clip(s[~same], -5, 5)
    return np.mean(s[same]) - np.log(np.mean(np.exp(others)))


VALUES = {
    "infonce": lambda s: info_nce(s)[0],
    "nwj": nwj,
    "dv": lambda s: smile(np.clip(s, -5, 5)),
    "smile": smile,
}


def jackknife(value, scores):
    parts = min(10, len(scores) // 2)
    size = len(scores) // parts
    rows = np.arange(parts * size)
    kept = [rows[rows // size != part] for part in range(parts)]
    values = [value(scores[np.ix_(rows, rows)]) for rows in kept]
    return np.sqrt((parts - 1) * np.mean((values - np.mean(values)) ** 2))


def variational(bound, z, x, y, budget):
    n, m = sizes(z)
    targets = normal_scores(x, n), np.eye(y.max() + 1)[y]
    ranked = normal_scores(z, n)
    found, steps = {}, []
    for given, target in zip("xy", targets, strict=True):
        trained = []
        for begin in starts(Variational(bound), z, x, y, given):

            def loss(parameters, rows, target=target):
                scores, slopes = critic(parameters, ranked[rows], target[rows])
                value, slope = info_nce(scores)
                return -value, slopes(-slope)

            trained.append(
                train(begin, loss, (m, n, 128), budget, 200, 3e-3, 1)
            )
        best, step, _ = min(trained, key=lambda result: result[2])
        scores = critic(best, ranked[n:], target)[0]
        mean = scipy.special.logsumexp(scores[:, :n], axis=1, keepdims=True)
        scores = scores[:, n:] - mean + np.log(n)
        name = {"x": "i_xz", "y": "i_zy"}[given]
        name += "_lower" if bound in ("infonce", "nwj") else ""
        found[name] = VALUES[bound](scores)
        found[f"{name}_se"] = jackknife(VALUES[bound], scores)
        steps.append(step)
    return found | {"steps": max(steps)}
