"""The measures once more, in NumPy float64, straight from their definitions.

Plain and slow: what the measures of the package are compared with. Units are
nats. `z` is `[n, d]`, `x` is `[n, p]`, `y` is `[n]` labels.
"""

import numpy as np
import scipy.optimize
import scipy.special

from keras_ib.measures.pairwise.sliced import directions


def entropy(*columns):
    """Entropy of the joint symbols: the columns side by side."""
    table = np.concatenate([np.reshape(c, (len(c), -1)) for c in columns], 1)
    counts = np.unique(table, axis=0, return_counts=True)[1]
    p = counts / len(table)
    return -np.sum(p * np.log(p))


def information(a, b):
    """I(A;B) of discrete symbols."""
    return entropy(a) + entropy(b) - entropy(a, b)


def counted(codes, x, y):
    """What a measure that counts symbols says."""
    return {"i_xz": information(x, codes), "i_zy": information(codes, y)}


def binning(z, x, y, num_bins=30, low=-1.0, high=1.0):
    bins = np.floor((z - low) / ((high - low) / num_bins))
    return counted(np.clip(bins, 0, num_bins - 1), x, y)


def ebab(z, x, y, num_bins=30):
    distinct, rank = np.unique(z, return_inverse=True)
    return counted(rank.reshape(z.shape) * num_bins // len(distinct), x, y)


def ebab_published(z, x, y, num_bins=30, low=0.0):
    u = np.unique(z)
    u = u[u != low]
    n = len(u)
    if n == 0:
        return counted(np.zeros_like(z), x, y)
    cuts = [u[int(k * n / num_bins)] for k in range(num_bins)]
    return counted(np.digitize(z, [low, *cuts, u[-1]]), x, y)


def quantized(z, x, y, num_levels=256):
    spread = np.ptp(z) or 1.0
    return counted(np.round((z - z.min()) * (num_levels - 1) / spread), x, y)


def distances(z):
    """All squared distances, by differences."""
    return np.sum((z[:, None] - z[None]) ** 2, axis=2)


def kde_information(d, scale):
    """The pairwise bound on I with exp(-distance / scale)."""
    return -np.mean(np.log(np.mean(np.exp(-d / scale), axis=1)))


def kde(z, x, y, noise_variance=0.1):
    d = distances(z)
    found = {}
    for bound, factor in [("upper", 2), ("lower", 8)]:
        scale = factor * noise_variance
        within = sum(
            np.mean(y == c) * kde_information(d[y == c][:, y == c], scale)
            for c in np.unique(y)
        )
        found[f"i_xz_{bound}"] = kde_information(d, scale)
        found[f"i_zy_{bound}"] = found[f"i_xz_{bound}"] - within
    return found


def akde(z, x, y, scale=1e-3, power=1):
    largest = np.max(np.abs(z)) or 1.0
    return kde(z, x, y, scale * largest**power)


def aligned_width(z, y):
    """The width of the kernel most like that of the labels."""
    d = distances(z[:100])
    same = y[:100, None] == y[:100]
    widths = np.arange(1, 301) / 30 * np.sqrt(d).mean()

    def alignment(s):
        kernel = np.exp(-d / s**2)
        return np.sum(kernel * same) / np.linalg.norm(kernel)

    return max(widths, key=alignment) / np.sqrt(2)


def width(rule, z, y):
    n, d = z.shape
    shrink = n ** (-1 / (4 + d))
    return {
        "distance": lambda: np.sqrt(distances(z).mean()),
        "silverman": lambda: shrink,
        "alignment": lambda: aligned_width(z, y),
        "tapia": lambda: np.sqrt(d * z.var(axis=0).mean()) * shrink,
    }.get(rule, lambda: rule)()


def kernels(z, x, y, rule="distance", scale=1.0):
    """Kernels of Z, X and Y."""

    def gaussian(points):
        s = scale * width(rule, points, y) or 1.0
        return np.exp(-distances(points) / (2 * s**2))

    return gaussian(z), gaussian(x), (y[:, None] == y) * 1.0


def renyi(z, x, y, alpha=1.01, width="distance", scale=1.0, max_rows=512):
    if alpha != 2:
        z, x, y = z[:max_rows], x[:max_rows], y[:max_rows]

    def entropy(kernel):
        values = np.linalg.eigvalsh(kernel / len(kernel))
        values = values[values > 1e-12]
        if alpha == 1:
            return -np.sum(values * np.log(values))
        return np.log(np.sum(values**alpha)) / (1 - alpha)

    k_z, k_x, k_y = kernels(z, x, y, width, scale)
    return {
        "i_xz": entropy(k_x) + entropy(k_z) - entropy(k_x * k_z),
        "i_zy": entropy(k_z) + entropy(k_y) - entropy(k_z * k_y),
    }


def logdet(z, x, y, beta=100.0, standardise=True):
    def scaled(rows):
        rows = rows - rows.mean(axis=0)
        spread = rows.std(axis=0)
        return rows / np.where(spread > 0, spread, 1) if standardise else rows

    def entropy(*parts):
        rows = np.concatenate(parts, axis=1)
        c = rows.T @ rows / len(rows)
        return np.linalg.slogdet(np.eye(len(c)) + beta * c)[1] / 2

    z, x, one_hot = scaled(z), scaled(x), scaled(np.eye(y.max() + 1)[y])
    return {
        "i_xz": entropy(x) + entropy(z) - entropy(x, z),
        "i_zy": entropy(z) + entropy(one_hot) - entropy(z, one_hot),
    }


def debiased_hsic(k, m):
    """The estimate of HSIC without bias, of Song et al. (2012)."""
    n = len(k)
    k, m = (a * (1 - np.eye(n)) for a in (k, m))
    total = k.sum() * m.sum() / ((n - 1) * (n - 2))
    rows = 2 * np.sum(k.sum(axis=1) * m.sum(axis=1)) / (n - 2)
    return (np.sum(k * m) + total - rows) / (n * (n - 3))


def biased_hsic(k, m):
    h = np.eye(len(k)) - 1 / len(k)
    return np.trace(k @ h @ m @ h) / len(k) ** 2


def hsic(z, x, y, width="distance", scale=1.0, debiased=True):
    criterion = debiased_hsic if debiased else biased_hsic
    k = dict(zip("zxy", kernels(z, x, y, width, scale), strict=True))
    found = {}
    for a, b in ("xz", "zy"):
        found[a + b] = criterion(k[a], k[b])
        own = criterion(k[a], k[a]) * criterion(k[b], k[b])
        own = np.sqrt(max(own, 0))
        found[f"cka_{a}{b}"] = found[a + b] / own if own > 1e-9 else 0.0
    return found


def cauchy_schwarz(z, x, y, width="distance", scale=1.0):
    def information(k, joint):
        cross = np.mean(k.mean(axis=1) * joint.mean(axis=1))
        return np.log(np.mean(k * joint) * k.mean() * joint.mean() / cross**2)

    k_z, k_x, k_y = kernels(z, x, y, width, scale)
    return {"i_xz": information(k_x, k_z), "i_zy": information(k_z, k_y)}


def ball(d, k):
    """What is closer than the k-th nearest of `d`, or at no distance if it is.

    `d` holds the row itself, whose distance is 0. What agrees to five digits
    is equally far.
    """
    radius = np.sort(d)[min(k, len(d) - 1)] * (1 - 2**-17)
    return (lambda d: d < radius) if radius > 0 else (lambda d: d == 0)


def ksg(z, x, y, num_neighbours=3):
    """Kraskov et al. (2004) and Ross (2014); k is counted where rows tie."""

    def scaled(rows):
        d = np.sqrt(distances(rows))
        return d / (np.sqrt(np.mean(d**2)) or 1.0)

    def numbers(inside, *spaces):
        k, *others = (psi(np.sum(inside(d))) for d in spaces)
        return k - sum(others)

    psi = scipy.special.digamma
    z, x, n = scaled(z), scaled(x), len(z)
    joint = np.maximum(z, x)
    xz = [
        numbers(ball(joint[i], num_neighbours), joint[i], z[i], x[i])
        for i in range(n)
    ]
    size = np.bincount(y)[y]
    kept = size > 1
    zy = [
        numbers(ball(own, num_neighbours), own, z[i, kept]) - psi(size[i])
        for i in np.flatnonzero(kept)
        for own in [z[i, y == y[i]]]
    ]
    return {
        "i_xz": min(psi(n) + np.mean(xz), np.log(n)),
        "i_zy": min(psi(len(zy)) + np.mean(zy), entropy(y)) if zy else 0.0,
    }


def sliced(z, x, y, num_slices=64, k=1, num_neighbours=3, max_rows=512):
    """The mean of `ksg` in the directions of the package."""

    def projections(rows, seed):
        frames = directions(rows.shape[1], k, num_slices, seed)
        return [np.sum(rows[:, :, None] * f, axis=1) for f in frames]

    z, x, y = z[:max_rows], x[:max_rows], y[:max_rows]
    slices = zip(projections(z, 0), projections(x, 1), strict=True)
    found = [ksg(*rows, y, num_neighbours) for rows in slices]
    result = {}
    for name in ("i_xz", "i_zy"):
        values = [fields[name] for fields in found]
        result[name] = np.mean(values)
        result[f"{name}_se"] = np.std(values, ddof=1) / num_slices**0.5
    return result


def noisy(z, x, y):
    """Without noise: the plug-in information of which rows differ."""
    same = np.all(z[:, None] == z, axis=2)
    own = y[:, None] == y
    log_p = np.log(same.mean(axis=1))
    log_own = np.log(np.sum(same & own, axis=1) / own.sum(axis=1))
    found = {}
    for name, values in [("i_xz", -log_p), ("i_zy", log_own - log_p)]:
        found[name] = values.mean()
        found[f"{name}_se"] = values.std() / np.sqrt(len(z))
    return found


def _scaled(z, num_fit):
    """Rows about the mean of the fit rows, largest variance there 1."""
    z = z - z[:num_fit].mean(axis=0)
    largest = np.linalg.norm(z[:num_fit], 2) ** 2 / num_fit
    return z / np.sqrt(largest or 1.0)


def zx(z, x, y):
    """Ridge regression, its penalty by the error on the rows left out."""
    n = len(z) // 2
    return _ridge(_scaled(z, n), x - x[:n].mean(axis=0), n)


def zx_whitened(z, x, y):
    """Least squares, without directions of less than 1/1000 or so."""
    n = len(z) // 2
    z, x = _scaled(z, n), x - x[:n].mean(axis=0)
    resolved = (8 * 2**-23) ** 0.5
    return zx_fields(z[n:] @ np.linalg.pinv(z[:n], resolved) @ x[:n], x)


def zx_descent(z, x, y, steps=(10, 100, 1000)):
    """Gradient descent, step for step."""
    n = len(z) // 2
    z, x = _scaled(z, n), x - x[:n].mean(axis=0)
    w, found = np.zeros((z.shape[1], x.shape[1])), {}
    for step in range(1, steps[-1] + 1):
        w += z[:n].T @ (x[:n] - z[:n] @ w) / n
        if step in steps:
            found[f"fvu_at_{step}"] = zx_fields(z[n:] @ w, x)["fvu"]
    return found


def zx_kernel(z, x, y):
    n = len(z) // 2
    return _ridge(_kernel_features(z, n), x - x[:n].mean(axis=0), n)


def _kernel_features(z, n):
    """Rows of a feature space in which scalar products are the kernel's."""
    d = distances(z)
    k = np.exp(-d / (2 * (d[:n, :n].mean() or 1.0)))
    h = np.eye(len(z))
    h[:, :n] -= 1 / n  # About the mean of the fit rows.
    values, vectors = np.linalg.eigh(h @ k @ h.T)
    values = np.where(values > 1e-12, values, 0)
    return _scaled(vectors * np.sqrt(values), n)


def _ridge(z, x, n):
    errors = {}
    for penalty in 10.0 ** np.arange(-7, 4.01, 0.5):
        inverse = np.linalg.inv(
            z[:n].T @ z[:n] / n + penalty * np.eye(z.shape[1])
        )
        hat = z[:n] @ inverse @ z[:n].T / n
        left_out = 1 - np.diag(hat) - 1 / n
        residual = x[:n] - hat @ x[:n]
        known = left_out > 1e-3
        residual[known] /= left_out[known, None]
        # Fitted by themselves alone: unrelated to the others, and as large.
        residual[~known] = 2**0.5 * x[:n][~known]
        errors[np.mean(residual**2)] = inverse @ z[:n].T @ x[:n] / n
    return zx_fields(z[n:] @ errors[min(errors)], x)


def zx_fields(decoded, x):
    """What the decoded held-out rows say; X about the mean of the others."""
    x = x[len(x) - len(decoded) :]
    error = np.mean((x - decoded) ** 2, axis=1)
    variance = np.mean(x**2, axis=1)
    fvu = error.mean() / variance.mean()
    spread = np.mean((error - fvu * variance) ** 2)
    return {
        "fvu": fvu,
        "fvu_se": np.sqrt(spread / len(error)) / variance.mean(),
        "mse": error.mean(),
        "usable": -x.shape[1] / 2 * np.log(max(fvu, 2**-23)),
    }


def _logistic(z, target, penalty):
    """Weights, the bias last, of the penalised least cross-entropy."""
    shape = z.shape[1] + 1, target.shape[1]
    z = np.concatenate([z, np.ones((len(z), 1))], axis=1)

    def loss(w):
        w = w.reshape(shape)
        log_p = scipy.special.log_softmax(z @ w, axis=1)
        slope = z.T @ (np.exp(log_p) - target) / len(z)
        slope[:-1] += penalty * w[:-1]
        value = -np.mean(np.sum(target * log_p, axis=1))
        return value + penalty / 2 * np.sum(w[:-1] ** 2), slope.ravel()

    options = {"maxiter": 5000, "gtol": 1e-7}
    start = np.zeros(shape).ravel()
    found = scipy.optimize.minimize(loss, start, jac=True, options=options)
    return found.x.reshape(shape)


def zy(z, x, y):
    """Logistic regression, its penalty by the last quarter of the fit rows."""
    return _read(_scaled(z, len(z) // 2), y)


def zy_kernel(z, x, y):
    return _read(_kernel_features(z, len(z) // 2), y)


def _read(z, y):
    n = len(z) // 2
    train = n - n // 4
    target = np.eye(y.max() + 1)[y]
    z = z @ np.linalg.qr(z[:n].T)[0]  # Weights lie in the span of the rows.

    def log_p(w, rows):
        return scipy.special.log_softmax(z[rows] @ w[:-1] + w[-1], axis=1)

    def tried(penalty):
        w = _logistic(z[:train], target[:train], penalty)
        last = slice(train, n)
        return -np.sum(target[last] * log_p(w, last))

    penalty = min(10.0 ** np.arange(-6, 2.01), key=tried)
    w = _logistic(z[:n], target[:n], penalty)
    return zy_fields(log_p(w, slice(n, None)), y)


def zy_fields(held_out, y):
    """What the log-probabilities of the held-out rows say."""
    truth = y[len(y) - len(held_out) :]
    loss = -held_out[np.arange(len(truth)), truth]
    return {
        "ce": loss.mean(),
        "ce_se": loss.std() / np.sqrt(len(loss)),
        "accuracy": np.mean(held_out.argmax(axis=1) == truth),
        "usable": entropy(y) - loss.mean(),
    }
