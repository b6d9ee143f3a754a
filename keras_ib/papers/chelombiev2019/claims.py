"""What Chelombiev, Houghton and O'Donnell (2019) claim, line by line."""

from collections.abc import Mapping

import numpy as np

from keras_ib.analysis.statistics import Effect, correlation_effect, mean_effect
from keras_ib.papers.claims import Claim, Statement, shown, within
from keras_ib.papers.szt import figures
from keras_ib.papers.szt.claims import compresses, does_not_compress, line
from keras_ib.papers.szt.results import TITLES, Curves

# Names of figures.
SINGLE, GENERALISATION = "single_networks", "generalisation"
# A correlation nearer to 0 explains less than 4 % of the variance. Unlike the
# other limits it was chosen when reports had been made.
NO_CORRELATION = 0.2
COMPRESSING = ("tanh", "ELU", "Swish", "centred softplus")


def claims(
    plain: Mapping[str, Curves], penalised: Mapping[str, Curves], measure: str
) -> list[Claim]:
    """All claims, as one measure has them.

    Args:
        plain: `{title of the activation: Curves}` without L2.
        penalised: With L2.
        measure: Name of the measure.
    """
    return [
        does_not_compress(
            plain["ReLU"],
            measure,
            "ReLU has no distinct compression on average",
            "Fig. 6",
        ),
        _single_networks(plain["ReLU"], measure),
        *(
            compresses(
                plain[title],
                measure,
                f"{title} compresses on average",
                "Fig. 7",
            )
            for title in COMPRESSING
        ),
        _tanh_most(plain, measure),
        _penalty_compresses(plain, penalised, measure),
        _penalty_gathers(plain, penalised, measure),
        _hidden_layers(plain, measure),
        _last_layer(plain, measure),
    ]


def differences(
    plain: Mapping[str, Curves], penalised: Mapping[str, Curves], measure: str
) -> dict:
    """Compression with L2 less that without, `{title: [seeds]}`."""
    return {
        title: penalised[title].compression(measure)
        - plain[title].compression(measure)
        for title in plain
    }


def correlation(
    panels: Mapping[str, Curves], measure: str, layers: str
) -> Effect:
    """Correlation of compression with test accuracy, an `Effect`.

    Of all networks that learned, about the means of their activations.

    Args:
        panels: `{title: Curves}`.
        measure: Name of the measure.
        layers: `"hidden"` or `"softmax"`.
    """
    return correlation_effect(*centred(panels, measure, layers))


def centred(
    panels: Mapping[str, Curves], measure: str, layers: str
) -> np.ndarray:
    """Compression and test accuracy of all networks that learned, `[2, n]`.

    Each less the mean of its activation. Arguments as `correlation`.
    """
    found = [np.empty((2, 0))]
    for curves in panels.values():
        both = curves.compression(measure, layers), curves.accuracy("test")
        kept = np.stack(both)[:, curves.learned]
        if kept.size:
            found.append(kept - kept.mean(axis=1, keepdims=True))
    return np.concatenate(found, axis=1)


def apart_and_moved(curves: Curves, measure: str) -> tuple[np.ndarray, float]:
    """How far networks end from their mean, `[seeds]`, and how far it moves.

    Of the mean of the hidden layers; in nats.
    """
    values = curves.curve(measure)
    away = np.abs(values[:, -1] - values[:, -1].mean())
    return away, float(np.ptp(values.mean(axis=0)))


def _single_networks(curves, measure):
    away, moved = apart_and_moved(curves, measure)
    effect = mean_effect(away - moved)
    return line(
        Statement(effect, "above", 0.0, "further by", "nats"),
        measure,
        "Single ReLU networks go vastly different ways",
        "Fig. 5",
        "How far networks end from their mean, less all that this mean moves "
        "in training.",
        SINGLE,
    )


def _tanh_most(plain, measure):
    found = {t: c.mean_compression(measure) for t, c in plain.items()}
    tanh = found.pop("tanh")
    second = max(found, key=lambda title: found[title].mean())
    effect = mean_effect(tanh - found[second])
    return line(
        Statement(effect, "above", 0.0, "more by", "nats"),
        measure,
        "tanh compresses most",
        "Fig. 7",
        f"Its compression on average less that of the second, {second}, "
        "paired by seed.",
        figures.PHASES,
    )


def _penalty_compresses(plain, penalised, measure):
    found = differences(plain, penalised, measure)
    effect = mean_effect(np.mean(list(found.values()), axis=0))
    return line(
        Statement(effect, "above", 0.0, "more by", "nats"),
        measure,
        "L2 gives more compression",
        "abstract",
        "Compression with L2 less without, paired by seed, the mean over the "
        "activation functions.",
        figures.PHASES,
    )


def _penalty_gathers(plain, penalised, measure):
    def change(spread):
        ends = [
            [curves.information(measure)[..., -1] for curves in found.values()]
            for found in (plain, penalised)
        ]
        before, after = spread(np.array(ends))
        return mean_effect(np.mean(after - before, axis=0))

    effect = change(_median_distance)
    of_all = change(lambda ends: ends.std(axis=-1))
    return line(
        Statement(effect, "below", 0.0, "distance changes by", "nats"),
        measure,
        "L2 brings layers to one value",
        "summary",
        "Median distance of the six I(X;Z) in the end from their median, with "
        "L2 less without. Their standard deviation, in which the layers that "
        f"stay away count most: {shown(of_all, 'nats')}.",
        figures.PLANES,
    )


def _median_distance(values):
    middle = np.median(values, axis=-1, keepdims=True)
    return np.median(np.abs(values - middle), axis=-1)


def _hidden_layers(plain, measure):
    effect = correlation(plain, measure, "hidden")
    return Claim(
        "Compression of hidden layers does not correlate with generalisation "
        f"({TITLES[measure]})",
        "abstract",
        within(effect, NO_CORRELATION, "r ="),
        GENERALISATION,
        f"{effect.num} networks",
        f"None is less than {NO_CORRELATION}, 4 % of the variance, on either "
        "side; chosen when reports had been made. r as in the line below.",
    )


def _last_layer(plain, measure):
    effect = correlation(plain, measure, "softmax")
    return Claim(
        "Compression of the softmax correlates positively with generalisation "
        f"({TITLES[measure]})",
        "abstract",
        [Statement(effect, "above", 0.0, "r =")],
        GENERALISATION,
        f"{effect.num} networks",
        "Generalisation is the test accuracy. Of all networks that learned, "
        "about the means of their activation functions.",
    )
