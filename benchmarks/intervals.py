"""What intervals cover, how often noise is named a phase, and what is seen.

    python benchmarks/intervals.py            # about 2 minutes on one core
    python benchmarks/intervals.py --quick    # does it run?

- Intervals: how often the 95 % interval of `mean_effect` holds the mean that
  the values were drawn with.
- Phases in noise of 21 steps: how often any is named, at one tap and at any of
  ten taps of a family; independent from step to step, and a random walk.
- Power: how often a rise of twice the noise, and back, is named at one tap.
"""

import argparse

import numpy as np

from keras_ib.analysis import phases
from keras_ib.analysis.statistics import mean_effect

NUM_STEPS, NUM_TAPS, BUMP = 21, 10, 2.0
STEPS = np.arange(NUM_STEPS)
SHAPES = [(1, 2), (1, 3), (1, 4), (1, 8), (2, 1), (3, 1), (4, 1), (5, 1)]
SHAPES += [(10, 1), (2, 2), (3, 2), (5, 2), (10, 2)]


def main():
    """Prints both tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    num_trials = 50 if parser.parse_args().quick else 4000
    rng = np.random.default_rng(0)
    print("| seeds | normal | exponential |\n|---|---|---|")
    for num in (2, 3, 4, 5, 10, 20, 50):
        normal = covered(rng.normal(size=(num_trials, num)), 0)
        skewed = covered(rng.exponential(size=(num_trials, num)), 1)
        print(f"| {num} | {normal:.1%} | {skewed:.1%} |")
    print("\n| seeds x draws | one tap | walk | ten taps | bump seen |")
    print("|---|---|---|---|---|")
    for shape in SHAPES:
        noise = rng.normal(size=(num_trials, 1, *shape, NUM_STEPS))
        bump = BUMP * ((STEPS > 4) & (STEPS < 15))
        many = (num_trials // 2, NUM_TAPS, *shape, NUM_STEPS)
        taps = rng.normal(size=many)
        rates = map(named, (noise, noise.cumsum(axis=-1), taps, noise + bump))
        line = " | ".join(f"{rate:.1%}" for rate in rates)
        print(f"| {shape[0]} x {shape[1]} | {line} |", flush=True)


def covered(values, mean):
    """How often the interval of a row of `[trials, seeds]` holds the mean."""
    effects = [mean_effect(of_one) for of_one in values]
    return np.mean([effect.low < mean < effect.high for effect in effects])


def named(curves):
    """How often a phase is named in `[trials, taps, seeds, draws, m]`."""
    return np.mean([is_named(of_one) for of_one in curves])


def is_named(taps):
    """Whether a phase is named at any of `[taps, seeds, draws, m]`."""
    family = {place: (STEPS, values) for place, values in enumerate(taps)}
    found = phases.of_family(family, lower_is_better=False)
    return any(one.name != "flat" for one in found.values())


if __name__ == "__main__":
    main()
