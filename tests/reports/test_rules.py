"""Each rule says what is in the numbers, and nothing that is not there."""

import json
import re

import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog
from keras_ib.logs.files import CONFIG
from keras_ib.reports import rules
from keras_ib.reports.views import Number, View

RULES = {rule.name: rule for rule in rules.RULES}
TAPS = "a", "b", "c", "d"
ENTROPY = synthetic_run.LABEL_ENTROPY
LAST = 1000
# Of X and Y after the last step, `fvu` and `ce`.
KEPT = {"a": 0.02, "b": 0.1, "c": 0.5, "d": 0.55}
READ = {"a": 1.5, "b": 0.5, "c": 0.2, "d": 0.2}


def values(kept=None, read=None, error=0.02, height=0, noise=0.0, seed=0):
    """Curves that end at `kept` (fvu) and `read` (ce), by tap."""
    kept, read = KEPT | (kept or {}), READ | (read or {})
    rng = np.random.default_rng(seed)

    def value(step, depth, data, measure, field):
        tap = TAPS[round(depth * 3)]
        learned = step / (step + 20) * (LAST + 20) / LAST
        wave = noise * rng.normal()
        ce = ENTROPY + (read[tap] - ENTROPY) * learned + wave
        if field == "fvu":
            # Down to the turning point at about step 31, and up again.
            wave += height * abs(np.log1p(step) - np.log1p(31)) / 3.5
        return {
            "fvu": kept[tap] + wave,
            "fvu_se": error,
            "mse": 1.0,
            "ce": ce,
            "ce_se": error,
            "accuracy": 0.5,
            "usable": (ENTROPY - ce) if measure == "zy" else 1.0,
        }.get(field, 0.5)

    return value


def run(
    folder,
    *,
    names=("zx", "zy"),
    data=("train",),
    last=LAST,
    config=(),
    **curves,
):
    """A run whose numbers are known; `config` replaces parts of its own."""
    synthetic_run.write(
        folder,
        taps=TAPS,
        names=names,
        data=data,
        last=last,
        value=values(**curves),
    )
    return configured(folder, **dict(config))


def configured(folder, **parts):
    path = folder / CONFIG
    config = json.loads(path.read_text()) | parts
    path.write_text(json.dumps(config))
    return RunLog(folder)


def about(log, **parts):
    """The configuration of the probe sets with more in it."""
    data = log.config["data"]
    return {"data": {name: one | parts for name, one in data.items()}}


def said(rule, *logs, **options):
    """What a rule says: None, or `[(word, text)]`."""
    return RULES[rule].find(View("runs", logs, "train", "y", **options))


def with_notes(log):
    notes = ["told: y", "3 samples came again."]
    told = {"y": {"summary": "told: y"}}
    return configured(log.folder, **about(log, notes=notes, targets=told))


def wider(log, **more):
    taps = [tap | more for tap in log.config["taps"]]
    return configured(log.folder, taps=taps)


def with_ceiling(log, level):
    log.config["measures"]["binning"]["fields"]["i_xz"]["ceiling"] = {
        "train": level
    }
    return configured(log.folder, **log.config)


def trained(log, **result):
    return configured(log.folder, training={"epochs": 1}, result=result)


def alike(log, **near):
    """CKA .5 after the last step, but of neighbours `a=.97`: a and b."""

    def value(step, i, j):
        return near.get(TAPS[i], 0.5) if step == LAST and j == i + 1 else 0.5

    return RunLog(synthetic_run.compare_taps(log.folder, value))


BINS = ("binning",)
# Of each rule: a run of which it says this word and text, one of which it says
# that, or nothing, and one on which it cannot be checked. A run is what `run`
# takes, or `(that, what is changed in its folder)`.
CASES = {
    "Y readable": (
        (
            {},
            "seen",
            r"2.10 ± 0.02 nats of Y .* `d`, and 95% .* `c`, half .* `b",
        ),
        (
            {"read": dict.fromkeys(TAPS, ENTROPY)},
            "not seen",
            "Nothing of Y can be read",
        ),
        {"names": ("zx",)},
    ),
    "Y speed": (
        ({}, "seen", r"by step 20 \(not yet at 14\), 90% by step 164"),
        ({"read": {"d": 3.0}}, None, None),
        {"names": ("zx",)},
    ),
    "held": (
        (
            {},
            "more later",
            r"at `a`, `b` than .* 1.30 ± 0.03 nats, of `a` to `c`",
        ),
        (
            {"read": {"a": 0.2, "b": 0.2}},
            "holds",
            "at `a` to `c` already: .* less than 0.11 with",
        ),
        {"names": ("zx",)},
    ),
    "X lost": (
        ({}, "seen", r"0.53 ± 0.03 of the variance of X .* `c`: 0.40 ± 0.03"),
        ({"kept": dict.fromkeys(TAPS, 0.1)}, "not seen", "No X is lost"),
        {"names": ("zy",)},
    ),
    "the same": (
        (
            ({}, lambda log: alike(log, a=0.96, c=0.98)),
            "seen",
            "`a` and `b`, `c` and `d`. The highest is 0.98, between `c` and",
        ),
        (
            ({}, lambda log: alike(log, b=0.94)),
            "not seen",
            "linear CKA is 0.94, between `b` and `c`",
        ),
        {},
    ),
    "unfinished": (
        (({}, trained), "caution", "`run` has no result"),
        (({}, lambda log: trained(log, seconds=1)), None, None),
        {},
    ),
    "averaged weights": (
        ({"config": {"use_ema": True}}, "caution", "average of the weights"),
        ({"config": {"use_ema": False}}, None, None),
        {},
    ),
    "left out": (
        (
            {
                "config": {
                    "left_out": [{"what": "tap", "name": "`e`", "reason": "w"}]
                }
            },
            "caution",
            "Left out: tap `'e'`. w",
        ),
        ({"config": {"left_out": []}}, None, None),
        {},
    ),
    "not finite": (
        (
            {"read": {"b": np.nan}},
            "caution",
            "`zy/ce` is not .* `b`, first at step 0",
        ),
        ({}, None, None),
        None,
    ),
    "probe notes": (
        (({}, with_notes), "caution", "^3 samples came again.$"),
        (
            ({}, lambda log: configured(log.folder, **about(log, notes=[]))),
            None,
            None,
        ),
        {},
    ),
    "few of a class": (
        (
            (
                {},
                lambda log: configured(
                    log.folder, **about(log, num_classes=40)
                ),
            ),
            "caution",
            "120 held-out samples are about 3 a class",
        ),
        ({}, None, None),
        {"names": ("zx",)},
    ),
    "wide taps": (
        (
            ({}, lambda log: wider(log, shape=[8, 40])),
            "caution",
            "4 of 4 .* to 320",
        ),
        ({}, None, None),
        {"config": {"taps": [{"name": tap} for tap in TAPS]}},
    ),
    "fewer samples": (
        (
            ({}, lambda log: wider(log, num_samples={"train": 50})),
            "caution",
            "`a` to `d` had fewer samples, 50",
        ),
        ({}, None, None),
        None,
    ),
    "ceiling": (
        (
            ({"names": BINS}, lambda log: with_ceiling(log, 0.51)),
            "caution",
            "`binning/i_xz` is near its ceiling log n = 0.51 at 4 of 4 taps",
        ),
        ({"names": BINS}, None, None),
        {},
    ),
    "worse than nothing": (
        (
            {"kept": {"d": 1.2}},
            "caution",
            "Z-X at `d` is worse than the mean, by up to 0.2",
        ),
        ({}, None, None),
        {"names": BINS},
    ),
    "nothing seen": (
        (
            {"kept": {"b": 1.0}, "read": {"b": ENTROPY}},
            "caution",
            "Nothing of X and nothing of Y is seen at `b`",
        ),
        ({}, None, None),
        {"names": ("zy",)},
    ),
    "outside the bins": (
        ({"names": BINS}, "caution", "50% of the values of Z"),
        None,
        {},
    ),
    "kind of Y": (
        (({}, with_notes), "note", "told: y"),
        None,
        {},
    ),
}


def made(case, folder):
    options, change = case if isinstance(case, tuple) else (case, None)
    log = run(folder, **options)
    return change(log) if change else log


# Those that need several runs have tests of their own below.
OF_SEVERAL = {"X phases", "Y phases", "side by side", "few seeds"}


def test_every_rule_is_tried():
    assert CASES.keys() | OF_SEVERAL == RULES.keys()
    assert len(RULES) == len(rules.RULES)


def tried(place):
    """The rules that have such a case."""
    names = [r for r, cases in CASES.items() if cases[place] is not None]
    return pytest.mark.parametrize("rule", names)


@tried(0)
def test_a_rule_says_it_where_it_is_so(rule, tmp_path):
    case, word, text = CASES[rule][0]
    found = said(rule, made(case, tmp_path / "run"))
    texts = [one.text for one in found if one.word == word]
    assert re.search(text, texts[0]), found


@tried(1)
def test_and_not_where_it_is_not(rule, tmp_path):
    case, word, text = CASES[rule][1]
    found = said(rule, made(case, tmp_path / "run"))
    assert [one.word for one in found] == ([] if word is None else [word])
    assert all(re.search(text, one.text) for one in found), found


@tried(2)
def test_and_nothing_where_it_cannot_be_checked(rule, tmp_path):
    assert said(rule, made(CASES[rule][2], tmp_path / "run")) is None


def seeds(folder, *kept, **options):
    """Runs of three seeds, paired."""
    return [
        run(
            folder / f"{i}",
            seed=i,
            config={"seed": i},
            kept=dict.fromkeys(TAPS, k),
            **options,
        )
        for i, k in enumerate(kept)
    ]


def test_phases_are_seen_or_not_or_undecided(tmp_path):
    of = [0.3, 0.3, 0.3]
    clear = seeds(tmp_path / "clear", *of, height=0.5, noise=0.01)
    fitting, compression = said("X phases", *clear)
    assert fitting.word == compression.word == "seen"
    assert "at 4 of 4 taps: `a` to `d`" in compression.text
    assert re.search("where it begins at step [23].\\.", compression.text)
    flat = seeds(tmp_path / "flat", *of, noise=0.01)
    assert [one.word for one in said("X phases", *flat)] == ["not seen"] * 2
    fitting, compression = said("Y phases", *flat)
    assert (fitting.word, compression.word) == ("seen", "not seen")
    assert "it would have been from 0.0" in compression.text
    (alone,) = said("X phases", clear[0])
    assert alone.word == "undecided"
    assert "compression up to 0.5" in alone.text


def test_phases_that_only_hundreds_would_show_are_undecided(tmp_path):
    few = seeds(tmp_path, 0.3, 0.3, noise=0.3)
    fitting, _ = said("X phases", *few)
    assert fitting.word == "undecided"
    assert "give more seeds or draws" in fitting.text


def test_one_measurement_has_no_phases(tmp_path):
    log = run(tmp_path / "run", last=1)
    for rule in ("X phases", "Y phases", "Y speed"):
        assert said(rule, log) is None


@pytest.mark.parametrize(
    ("kept", "word"),
    [((0.5, 0.52, 0.51), "seen"), ((0.2, 0.5, 0.4), "not seen")],
)
def test_conditions_are_compared_seed_by_seed(kept, word, tmp_path):
    first = View("first", seeds(tmp_path / "a", 0.3, 0.33, 0.3), "train", "y")
    assert RULES["side by side"].find(first) is None
    logs = seeds(tmp_path / "b", *kept)
    of_x, _ = said("side by side", *logs, against=first)
    assert of_x.word == word
    assert "`zx/fvu` minus that of `first` is 0." in of_x.text


def test_one_seed_tells_no_difference_from_noise(tmp_path):
    first = View("first", seeds(tmp_path / "a", 0.3), "train", "y")
    of_x, _ = said("side by side", *seeds(tmp_path / "b", 0.9), against=first)
    assert of_x.word == "undecided"
    assert "is 0.600 in the mean" in of_x.text
    of_x, _ = said("side by side", run(tmp_path / "c"), against=first)
    assert "cannot be compared" in of_x.text


def test_few_seeds_are_a_caution(tmp_path):
    logs = seeds(tmp_path, 0.3, 0.3, 0.3)
    assert said("few seeds", *logs) == []
    (two,) = said("few seeds", *logs[:2])
    assert "13 standard errors" in two.text
    (one,) = said("few seeds", logs[0])
    assert "phases have no interval" in one.text
    draws = run(tmp_path / "draws", data=("train", "train#2"))
    (one,) = said("few seeds", draws)
    assert "2 draws" in one.text


def test_seeds_that_were_stopped_count_as_far_as_they_went(tmp_path):
    long, short = run(tmp_path / "a"), run(tmp_path / "b", last=300)
    steps = sorted(set(long.steps) & set(short.steps))
    assert View("", [long, short], "train", "y").steps.tolist() == steps
    (text,) = said("unfinished", long, short)
    assert f"the {len(steps)} that they share" in text.text


def test_more_of_y_that_is_lost_later_and_errors_that_are_unknown(tmp_path):
    log = run(tmp_path / "a", read={"a": 0.1, "b": 0.1, "c": 0.9, "d": 0.9})
    assert {one.word for one in said("held", log)} == {"lost later", "holds"}
    bare = run(tmp_path / "b", names=("binning",))
    assert [one.word for one in said("held", bare)] == ["undecided"]


def test_x_that_comes_back_is_not_lost(tmp_path):
    (found,) = said("X lost", run(tmp_path / "a", kept={"d": 0.02}))
    assert found.word == "seen"
    assert "at `c` than at `b`, but none is lost from `a` to `d`" in found.text


def test_numbers_show_the_digit_of_their_error():
    assert str(Number(0.31234, 0.0213)) == "0.31 ± 0.02"
    assert str(Number(0.99812, 0.00009)) == "0.998 ± <0.001"
    assert str(Number(123.4)) == "123"
    assert Number(1.0).is_above(0) is None
    assert Number(1.0, 0.4, 100).is_above(0)
    # Of a hundred, one is as high by chance.
    assert not Number(1.0, 0.4, 100).is_above(0, 100)
