"""The measures once more, in NumPy float64, straight from their definitions.

Plain and slow: what the measures of the package are compared with. Units are
nats. `z` is `[n, d]`, `x` is `[n, p]` or None, `y` is None or by its kind `[n]`
classes, `[n, t]` values as floats, or `[n, L]` labels as integers. What needs
data that are not there is left out.
"""

import numpy as np
import scipy.optimize
import scipy.special

from keras_ib.measures.pairwise.sliced import directions


def kind_of(y):
    """`"values"`, `"classes"` or `"labels"`."""
    y = np.asarray(y)
    if y.dtype.kind == "f":
        return "values"
    return "classes" if y.ndim == 1 else "labels"


def symbols(y):
    """Classes, or the number of each set of labels; None for values."""
    if y is None or kind_of(y) == "values":
        return None
    return symbols_of_rows(y)


def symbols_of_rows(rows):
    """`[n]`, equal where rows are."""
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)


def matrix(y):
    """Y as numbers `[n, t]`."""
    return np.eye(y.max() + 1)[y] if kind_of(y) == "classes" else 1.0 * y


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
    found, y = {}, symbols(y)
    if x is not None:
        found["i_xz"] = information(x, codes)
    if y is not None:
        found["i_zy"] = information(codes, y)
    return found


def binning(z, x, y, num_bins=30, low=-1.0, high=1.0):
    edges = np.linspace(low, high, num_bins + 1)[1:-1]
    found = counted(np.digitize(z, edges.astype("float32")), x, y)
    return found | {"outside": np.mean((z < low) | (z > high))}


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
    halfway = (np.arange(num_levels - 1) + 0.5) / (num_levels - 1)
    return counted(np.digitize(z - z.min(), halfway * np.ptp(z)), x, y)


def distances(z):
    """All squared distances, by differences."""
    return np.sum((z[:, None] - z[None]) ** 2, axis=2)


def kde_information(d, scale):
    """The pairwise bound on I with exp(-distance / scale)."""
    return -np.mean(np.log(np.mean(np.exp(-d / scale), axis=1)))


def kde(z, x, y, noise_variance=0.1):
    d, y = distances(z), symbols(y)
    scales = {"upper": 2 * noise_variance, "lower": 8 * noise_variance}
    found = kde_of_x(d, x, scales)
    for bound, scale in scales.items():
        if y is None:
            continue
        within = sum(
            np.mean(y == c) * kde_information(d[y == c][:, y == c], scale)
            for c in np.unique(y)
        )
        found[f"i_zy_{bound}"] = kde_information(d, scale) - within
    return found


def kde_of_x(d, x, scales):
    """Bounds on I(X; Z + noise), where an X may have several Z."""
    n = len(d)
    x = np.arange(n) if x is None else symbols_of_rows(x)

    def within(scale):
        return sum(
            np.mean(x == c) * kde_information(d[x == c][:, x == c], scale)
            for c in np.unique(x)
        )

    up, low = scales["upper"], scales["lower"]
    upper = kde_information(d, up) - within(low)
    lower = kde_information(d, low) - within(up)
    return {
        "i_xz_upper": min(upper, entropy(x)),
        "i_xz_lower": max(lower, 0),
    }


def akde(z, x, y, scale=1e-3, power=1):
    largest = np.max(np.abs(z)) or 1.0
    return kde(z, x, y, scale * largest**power)


def aligned_width(z, y):
    """The width of the kernel most like that of the labels."""
    d = distances(z[:100])
    same = label_kernel(y[:100])
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


def gaussian(points, y, rule="distance", scale=1.0):
    s = scale * width(rule, points, y) or 1.0
    return np.exp(-distances(points) / (2 * s**2))


def label_kernel(y, rule="distance", scale=1.0):
    """Equality of classes, share of equal labels, or a Gaussian kernel."""
    if kind_of(y) == "classes":
        return (y[:, None] == y) * 1.0
    if kind_of(y) == "labels":
        return np.mean(y[:, None] == y, axis=2)
    return gaussian(y, y, "distance" if rule == "alignment" else rule, scale)


def kernels(z, x, y, rule="distance", scale=1.0):
    """Kernels of Z, X and Y, those that there are, by name."""
    found = {"z": gaussian(z, y, rule, scale)}
    if x is not None:
        found["x"] = gaussian(x, y, rule, scale)
    if y is not None:
        found["y"] = label_kernel(y, rule, scale)
    return found


def pairs_of(sides):
    """The pairs with Z of the sides that there are."""
    return [(a, b) for a, b in ("xz", "zy") if a in sides and b in sides]


def renyi(z, x, y, alpha=1.01, width="distance", scale=1.0, max_rows=512):
    if alpha != 2:
        z, x, y = (None if a is None else a[:max_rows] for a in (z, x, y))

    def entropy(kernel):
        values = np.linalg.eigvalsh(kernel / len(kernel))
        values = values[values > 1e-12]
        if alpha == 1:
            return -np.sum(values * np.log(values))
        return np.log(np.sum(values**alpha)) / (1 - alpha)

    k = kernels(z, x, y, width, scale)
    return {
        f"i_{a}{b}": entropy(k[a]) + entropy(k[b]) - entropy(k[a] * k[b])
        for a, b in pairs_of(k)
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

    sides = {"z": z, "x": x, "y": None if y is None else matrix(y)}
    sides = {name: scaled(a) for name, a in sides.items() if a is not None}
    return {
        f"i_{a}{b}": entropy(sides[a])
        + entropy(sides[b])
        - entropy(sides[a], sides[b])
        for a, b in pairs_of(sides)
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


def cka(z, w):
    """Linear CKA of two representations, without bias."""
    # No offset changes it, and float64 is left more digits.
    z, w = (a.astype("float64") - a.astype("float64").mean(0) for a in (z, w))
    k, m = z @ z.T, w @ w.T
    own = debiased_hsic(k, k) * debiased_hsic(m, m)
    return debiased_hsic(k, m) / np.sqrt(own)


def hsic(z, x, y, width="distance", scale=1.0, debiased=True):
    criterion = debiased_hsic if debiased else biased_hsic
    k = kernels(z, x, y, width, scale)
    found = {}
    for a, b in pairs_of(k):
        found[a + b] = criterion(k[a], k[b])
        own = criterion(k[a], k[a]) * criterion(k[b], k[b])
        own = np.sqrt(max(own, 0))
        found[f"cka_{a}{b}"] = found[a + b] / own if own > 1e-9 else 0.0
    return found


def cauchy_schwarz(z, x, y, width="distance", scale=1.0):
    def information(k, joint):
        cross = np.mean(k.mean(axis=1) * joint.mean(axis=1))
        return np.log(np.mean(k * joint) * k.mean() * joint.mean() / cross**2)

    k = kernels(z, x, y, width, scale)
    return {f"i_{a}{b}": information(k[a], k[b]) for a, b in pairs_of(k)}


def ball(d, k):
    """What is closer than the k-th nearest of `d`, or at no distance if it is.

    `d` holds the row itself, whose distance is 0. What agrees to five digits
    is equally far.
    """
    radius = np.sort(d)[min(k, len(d) - 1)] * (1 - 2**-17)
    return (lambda d: d < radius) if radius > 0 else (lambda d: d == 0)


psi = scipy.special.digamma


def standardised(rows):
    """Each column of variance 1; constant ones, but for float32, are left 0."""
    spread = rows.std(axis=0)
    varies = spread > 2**-22 * np.abs(rows).max(axis=0)
    return np.where(varies, (rows - rows.mean(axis=0)) / (spread + ~varies), 0)


def ksg(z, x, y, num_neighbours=3, standardise=True):
    """Kraskov et al. (2004) and Ross (2014); k is counted where rows tie."""

    def spaced(rows):
        scales = standardise and rows.shape[1] > 1
        return _unit_distances(standardised(rows) if scales else rows)

    h_z = entropy(z)
    z, found = spaced(z), {}
    if x is not None:
        found["i_xz"] = ksg_joint(spaced(x), z, num_neighbours)
        found["i_xz"] = min(found["i_xz"], entropy(x), h_z)
    if y is not None and kind_of(y) == "values":
        found["i_zy"] = ksg_joint(spaced(y), z, num_neighbours)
        found["i_zy"] = min(found["i_zy"], entropy(y), h_z)
    elif y is not None:
        found["i_zy"] = ksg_classes(z, symbols(y), num_neighbours)
        found["i_zy"] = min(found["i_zy"], entropy(y), h_z)
    return found


def _unit_distances(rows):
    d = np.sqrt(distances(rows))
    return d / (np.sqrt(np.mean(d**2)) or 1.0)


def _counts(inside, *spaces):
    k, *others = (psi(np.sum(inside(d))) for d in spaces)
    return k - sum(others)


def ksg_joint(x, z, k):
    n, joint = len(z), np.maximum(z, x)
    values = [
        _counts(ball(joint[i], k), joint[i], z[i], x[i]) for i in range(n)
    ]
    return psi(n) + np.mean(values)


def ksg_classes(z, y, k):
    size = np.bincount(y)[y]
    kept = size > 1
    values = [
        _counts(ball(within, k), within, z[i, kept]) - psi(size[i])
        for i in np.flatnonzero(kept)
        for within in [z[i, y == y[i]]]
    ]
    if not values:
        return 0.0
    return psi(len(values)) + np.mean(values)


def sliced(z, x, y, num_slices=64, k=1, num_neighbours=3, max_rows=512):
    """The mean of `ksg` in the directions of the package."""

    def projections(rows, seed):
        if rows is None:
            return [None] * num_slices
        rows = standardised(rows) if rows.shape[1] > 1 else rows
        frames = directions(rows.shape[1], k, num_slices, seed)
        return [np.sum(rows[:, :, None] * f, axis=1) for f in frames]

    z, x, y = (None if a is None else a[:max_rows] for a in (z, x, y))
    is_values = y is not None and kind_of(y) == "values"
    ys = projections(y, 2) if is_values else [y] * num_slices
    slices = zip(projections(z, 0), projections(x, 1), ys, strict=True)
    found = [ksg(*rows, num_neighbours, standardise=False) for rows in slices]
    result = {}
    for name in found[0]:
        values = [fields[name] for fields in found]
        result[name] = np.mean(values)
        result[f"{name}_se"] = np.std(values, ddof=1) / num_slices**0.5
    return result


def noisy(z, x, y):
    """Without noise: the plug-in information of which rows differ."""
    same = np.all(z[:, None] == z, axis=2)
    log_p = np.log(same.mean(axis=1))

    def term(symbols):
        within = symbols[:, None] == symbols
        shares = np.sum(same & within, axis=1) / within.sum(axis=1)
        return np.log(shares) - log_p

    terms = {
        "i_xz": term(np.arange(len(z)) if x is None else symbols_of_rows(x))
    }
    if y is not None and symbols(y) is not None:
        terms["i_zy"] = term(symbols(y))
    found = {}
    for name, values in terms.items():
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
    return {} if x is None else _ridge(_scaled(z, n), _about_mean(x), n)


def zx_columns(z, x, y):
    """Every column of variance 1 over the fit rows; constant ones left out."""
    n = len(z) // 2
    x = _about_mean(x)
    spread = x[:n].std(axis=0)
    return _ridge(_scaled(z, n), x[:, spread > 0] / spread[spread > 0], n)


def _about_mean(rows):
    return rows - rows[: len(rows) // 2].mean(axis=0)


def zx_whitened(z, x, y):
    """Least squares, without directions of less than a millionth or so."""
    if x is None:
        return {}
    n = len(z) // 2
    z, x = _scaled(z, n), _about_mean(x)
    return zx_fields(z[n:] @ np.linalg.pinv(z[:n], 2.0**-20) @ x[:n], x)


def zx_descent(z, x, y, steps=(10, 100, 1000)):
    """Gradient descent, step for step."""
    if x is None:
        return {}
    n = len(z) // 2
    z, x = _scaled(z, n), _about_mean(x)
    w, found = np.zeros((z.shape[1], x.shape[1])), {}
    for step in range(1, steps[-1] + 1):
        w += z[:n].T @ (x[:n] - z[:n] @ w) / n
        if step in steps:
            found[f"fvu_at_{step}"] = zx_fields(z[n:] @ w, x)["fvu"]
    return found


def zx_kernel(z, x, y):
    n = len(z) // 2
    return (
        {} if x is None else _ridge(_kernel_features(z, n), _about_mean(x), n)
    )


def _kernel_features(z, n):
    """Rows of a feature space in which scalar products are the kernel's."""
    d = distances(z)
    k = np.exp(-d / (2 * (d[:n, :n].mean() or 1.0)))
    h = np.eye(len(z))
    h[:, :n] -= 1 / n  # About the mean of the fit rows.
    values, vectors = np.linalg.eigh(h @ k @ h.T)
    values = np.where(values > 1e-12, values, 0)
    return _scaled(vectors * np.sqrt(values), n)


def signs(num_columns, num_mixtures=128):
    """Random signs, from a hash of the column and of a word of 32 mixtures."""
    mask = np.uint64(2**32 - 1)

    def hashed(h):
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            h = ((h ^ (h >> np.uint64(shift))) * np.uint64(factor)) & mask
        return h ^ (h >> np.uint64(16))

    words = np.arange(num_columns * num_mixtures // 32, dtype="uint64")
    bits = hashed(words)[:, None] >> np.arange(32, dtype="uint64")
    bits = (bits & np.uint64(1)).reshape(num_columns, num_mixtures)
    return 1 - 2.0 * bits


def _ridge(z, x, n):
    errors = {}
    mixed = x[:n] if x.shape[1] <= 128 else x[:n] @ signs(x.shape[1])
    left, sizes, right = np.linalg.svd(z[:n], full_matrices=False)
    sizes = np.where(sizes > 1e-12, sizes, 0)
    small, middle, large = np.r_[-16:-7:1.5], np.r_[-7:1:0.5], np.r_[1:5]
    for penalty in 10.0 ** np.concatenate([small, middle, large]):
        shrink = sizes / (sizes**2 + n * penalty)
        hat = left @ np.diag(shrink * sizes) @ left.T
        weights = right.T @ np.diag(shrink) @ left.T @ x[:n]
        left_out = 1 - np.diag(hat) - 1 / n
        residual = mixed - hat @ mixed
        known = left_out > 1e-3
        residual[known] /= left_out[known, None]
        # Fitted by themselves alone: unrelated to the others, and as large.
        residual[~known] = 2**0.5 * mixed[~known]
        errors[np.mean(residual**2)] = weights
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
    """Logistic or ridge regression, by the kind of Y.

    The penalty of a logistic one by five folds of the fit rows.
    """
    return _decoded(_scaled(z, len(z) // 2), y)


def zy_kernel(z, x, y):
    return _decoded(_kernel_features(z, len(z) // 2), y)


def _decoded(z, y):
    if y is None:
        return {}
    if kind_of(y) == "values":
        return _ridge(z, _about_mean(y), len(z) // 2)
    if kind_of(y) == "classes":
        return zy_fields(_classified(z, y)[:, None], y[:, None])
    return zy_fields(np.stack([_classified(z, a) for a in y.T], axis=1), y)


def _classified(z, y):
    """Log-probabilities `[m, c]` of the classes of held-out rows."""
    n = len(z) // 2
    target = np.eye(y.max() + 1)[y]
    z = z @ np.linalg.qr(z[:n].T)[0]  # Weights lie in the span of the rows.
    folds = np.empty(n, int)
    folds[np.argsort(y[:n], kind="stable")] = np.arange(n) % 5

    def log_p(w, rows):
        return scipy.special.log_softmax(z[rows] @ w[:-1] + w[-1], axis=1)

    def tried(penalty):
        loss = 0
        for fold in range(5):
            train, out = (
                np.flatnonzero(folds != fold),
                np.flatnonzero(folds == fold),
            )
            w = _logistic(z[train], target[train], penalty)
            loss -= np.sum(target[out] * log_p(w, out)) / n
        return loss

    # A weaker penalty must be better than all stronger ones, and clearly.
    best, least = None, np.inf
    for penalty in 10.0 ** np.arange(1, -14.01, -1):
        loss = tried(penalty)
        if loss < least - 3e-3 * entropy(y[:n]):
            best, least = penalty, loss
    w = _logistic(z[:n], target[:n], best)
    return log_p(w, slice(n, None))


def zy_fields(log_p, y):
    """What log-probabilities `[m, q, c]` of answers say, `y` being `[n, q]`."""
    truth = y[len(y) - len(log_p) :]
    loss = -np.take_along_axis(log_p, truth[:, :, None], axis=2)[:, :, 0]
    right = log_p.argmax(axis=2) == truth
    loss = loss.mean(axis=1)
    return {
        "ce": loss.mean(),
        "ce_se": loss.std() / np.sqrt(len(loss)),
        "accuracy": right.mean(),
        "usable": np.mean([entropy(a) for a in y.T]) - loss.mean(),
    }
