"""The 40 tasks of Czyz et al. (2023), "Beyond Normal", in NumPy.

    TASKS["Student-t 5x5 (dof 2)"].sample(5000, seed=0)  # {"x": ..., "z": ...}

Names, maps and parameters are those of the package benchmark-mi 0.1.3; X is
their x, Z their y. Maps of X alone or of Z alone leave the information as it
is.
"""

import math

import numpy as np

from keras_ib.data.distributions import (
    Distribution,
    dense_covariance,
    elliptic,
    normal_cdf,
    paired_covariance,
    uniform_noise,
)


def _mapped(name, base, map_x, map_z=None):
    """The pair with maps of its rows, one for X and one for Z."""

    def draw(random, num_rows):
        x, z = base.draw(random, num_rows)
        return map_x(x), (map_z or map_x)(z)

    return Distribution(name, base.mutual_information, "xz", draw)


def _wiggly_x(x):
    more = 0.2 * np.sin(1.7 * x + 1) + 0.03 * np.sin(3.3 * x - 2.5)
    return x + 0.4 * np.sin(x) + more


def _wiggly_z(z):
    more = 0.17 * np.sin(1.3 * z + 3.5) + 0.02 * np.sin(4.3 * z - 2.5)
    return z - 0.4 * np.sin(0.4 * z) + more


def _bimodal(weight, low, high):
    """From a normal variable to a mixture of two, by their ranks."""
    grid = np.linspace(-10, 10, 20001)
    cdf = weight * normal_cdf(grid - low)
    cdf = cdf + (1 - weight) * normal_cdf(grid - high)
    return lambda rows: np.interp(normal_cdf(rows), cdf, grid)


def _half_cube(rows):
    return rows * np.sqrt(np.abs(rows))


def _swiss_roll(rows):
    t = 1.5 * math.pi * (1 + 2 * normal_cdf(rows[:, :1]))
    return np.hstack([t * np.cos(t), t * np.sin(t)]) / 21


def _spiral(first):
    """Turns two columns by the squared norm of the row over its width."""

    def turned(rows):
        angle = np.sum(rows**2, axis=1) / rows.shape[1]
        a, b = rows[:, first], rows[:, first + 1]
        rows = rows.copy()
        rows[:, first] = a * np.cos(angle) - b * np.sin(angle)
        rows[:, first + 1] = a * np.sin(angle) + b * np.cos(angle)
        return rows

    return turned


def _tasks():
    normal = elliptic("Normal 1x1", paired_covariance(0.75))
    yield normal
    yield _mapped("Normal CDF 1x1", normal, normal_cdf)
    yield uniform_noise("Uniform 1x1 (0.1)", 0.1)
    yield uniform_noise("Uniform 1x1 (0.75)", 0.75)
    maps = _bimodal(0.3, 0, 5), _bimodal(0.5, -1, 3)
    yield _mapped("Bimodal 1x1", normal, *maps)
    yield _mapped("Wiggly 1x1", normal, _wiggly_x, _wiggly_z)
    yield _mapped("Half-cube 1x1", normal, _half_cube)
    yield _mapped("Swiss roll 2x1", normal, _swiss_roll, normal_cdf)
    for d in (2, 3, 5, 25, 50):
        yield elliptic(f"Dense {d}x{d}", dense_covariance(d))
    for d in (2, 3, 5, 25):
        pairs = paired_covariance(0.8, 0.8, *[0.0] * (d - 2))
        pair = elliptic(f"2-pair {d}x{d}", pairs)
        yield pair
        if d > 2:
            uniform = _mapped(f"Normal CDF 2-pair {d}x{d}", pair, normal_cdf)
            yield uniform
            yield _mapped(f"Half-cube 2-pair {d}x{d}", pair, _half_cube)
            for base in (pair, uniform):
                name = f"Spiral {base.name}"
                yield _mapped(name, base, _spiral(0), _spiral(1))
    for d, dof in ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (5, 2), (5, 3)):
        name = f"Student-t {d}x{d} (dof {dof})"
        student = elliptic(name, np.eye(2 * d), dof=dof)
        yield student
        if (d, dof) in ((1, 1), (2, 1), (3, 2), (5, 2)):
            yield _mapped(f"Asinh {name}", student, np.arcsinh)


TASKS = {task.name: task for task in _tasks()}
