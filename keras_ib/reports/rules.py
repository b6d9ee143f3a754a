"""All rules by which a report says something, in one table.

A rule that cannot be checked on a log is not in its report.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from keras_ib.reports import (
    against,
    alike,
    cautions,
    findings,
    limits,
    phased,
)
from keras_ib.reports.sentences import Said
from keras_ib.reports.views import View


class Rule(NamedTuple):
    """A rule.

    Attributes:
        name: Its name on the page.
        of: What it is checked for once: a condition's `"runs"`, each of its
            probe sets (`"data"`), or each target on each set (`"target"`).
        find: Gives sentences; None where the log cannot tell, `[]` where
            there is nothing to say.
        figure: Name of the figure that shows it, or None.
        text: How it decides, for the page.
    """

    name: str
    of: Literal["runs", "data", "target"]
    find: Callable[[View], Said]
    figure: str | None
    text: str


FINDINGS = (
    Rule(
        "Y readable",
        "target",
        findings.readable,
        "dynamics",
        "how far Z-Y of the last tap is below what knowing nothing gives "
        "(H(Y), or the variance of Y), after the last step; and the first taps "
        "that have 50 % and 95 % of that. Not seen: not above 0 at 95 %.",
    ),
    Rule(
        "Y speed",
        "target",
        findings.speed,
        "dynamics",
        "the first measured steps at which the last tap has 50 % and 90 % of "
        "what it has after the last step.",
    ),
    Rule(
        "held",
        "target",
        findings.held,
        "dynamics",
        "Z-Y of a tap against the best Z-Y of all later taps, after the last "
        "step. `holds`: the difference and its noise, at 95 % for all later "
        "taps together, are below 5 % of what the last tap has of Y. Else "
        "`more later`: the later one is better by more than noise; `lost "
        "later`: it is worse. Of one seed both standard errors count, which is "
        "rather too careful: both look at the same samples.",
    ),
    Rule(
        "X lost",
        "data",
        findings.lost,
        "dynamics",
        "Z-X of the last tap against the first one, after the last step, and "
        "the largest step down from one tap to the next. Seen: above 0 at "
        "95 %, of the steps for all taps together. Taps are in the order in "
        "which they run; branches follow each other.",
    ),
    Rule(
        "the same",
        "data",
        alike.alike,
        "similarity",
        "taps that follow each other and whose linear CKA after the last step "
        "is above 0.95, on the mean of seeds and draws.",
    ),
    Rule(
        "X phases",
        "data",
        phased.x_phases,
        "phases-x",
        "turning points are located on other draws of the probe data, or on "
        "other seeds, than the magnitudes are evaluated on. Seen: above the "
        "floor that noise alone exceeds anywhere in at most 6 % of runs (Holm, "
        "over all taps). Undecided: at some tap not even a quarter of the "
        "variance, or of the highest value of the field, would have been seen.",
    ),
    Rule("Y phases", "target", phased.y_phases, "phases-y", "as X phases."),
    Rule(
        "side by side",
        "data",
        against.differs,
        "dynamics",
        "the difference to the first runs after the last step, seed by seed. "
        "Seen: its 95 % interval for the mean of all taps is on one side of 0.",
    ),
)
CAUTIONS = (
    Rule(
        "few seeds",
        "runs",
        cautions.few_seeds,
        None,
        "fewer than three runs that differ by their seed.",
    ),
    Rule(
        "unfinished",
        "runs",
        cautions.unfinished,
        None,
        "`config.json` says how the model was trained and has no result, or "
        "the runs were measured up to different steps.",
    ),
    Rule(
        "averaged weights",
        "runs",
        cautions.averaged,
        None,
        "the optimizer has `use_ema`.",
    ),
    Rule(
        "left out",
        "runs",
        cautions.left_out,
        None,
        "`left_out` in `config.json`.",
    ),
    Rule(
        "not finite",
        "data",
        cautions.diverged,
        "dynamics",
        "NaN or Inf among the values of Z-X or Z-Y.",
    ),
    Rule(
        "probe notes",
        "data",
        cautions.notes,
        None,
        "what was noted when the probe data were drawn: samples that repeat, "
        "rare classes, columns of X that hold most of its variance.",
    ),
    Rule(
        "few of a class",
        "data",
        limits.few_of_a_class,
        None,
        "fewer than 10 held-out samples a class, on average.",
    ),
    Rule(
        "wide taps",
        "data",
        limits.wide,
        None,
        "more units than fit samples.",
    ),
    Rule(
        "fewer samples",
        "data",
        limits.fewer,
        None,
        "`num_samples` of a tap in `config.json`.",
    ),
    Rule(
        "ceiling",
        "target",
        limits.at_ceiling,
        "dynamics",
        "a value after the last step of 95 % of its ceiling or more.",
    ),
    Rule(
        "worse than nothing",
        "target",
        limits.worse_than_none,
        "dynamics",
        "`fvu` above 1, or `ce` above H(Y), after the last step, at 95 % for "
        "all taps together.",
    ),
    Rule(
        "nothing seen",
        "target",
        limits.dead,
        "dynamics",
        "less than 1 % of the variance of X is explained, and Z-Y is not "
        "better than knowing nothing at 95 %.",
    ),
    Rule(
        "outside the bins",
        "data",
        limits.outside,
        None,
        "more than 1 % of Z is outside, after the last step.",
    ),
    Rule(
        "kind of Y",
        "target",
        cautions.kind_of_y,
        None,
        "what the probe decided on, and why.",
    ),
)
RULES = FINDINGS + CAUTIONS
