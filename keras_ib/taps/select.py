"""Which layers are watched: by name, path, pattern, object, or of itself."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import keras

from keras_ib import checks
from keras_ib.taps.auto import auto, candidates
from keras_ib.taps.capture import tap_of
from keras_ib.taps.names import check_model, named_layers

# Names that an error lists.
MAX_LISTED = 20


class Seen(NamedTuple):
    """What a trial call shows of an output.

    Attributes:
        shape: Its shape, samples included.
        depends_on_x: Whether it is computed from the values of X; True where
            that cannot be known.
    """

    shape: tuple
    depends_on_x: bool = True


# `{layer name: layer} -> {output name: Seen}`, in the order of the calls.
Run = Callable[[Mapping[str, Any]], Mapping[str, Seen]]


def select(
    model: Any,
    taps: Any = "auto",
    run: Run | None = None,
    num_samples: int | None = None,
    left_out: list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """The layers to watch, by name, in the order in which they run.

    Args:
        model: A built Keras model or layer of any kind.
        taps: `"auto"`, or one or several of: a layer's name or path, a
            pattern such as `"block_*"`, a layer object. A pattern does not
            reach into a layer: `"block_*/*"` is what lies one level below.

            `"auto"` takes `stem`, `block_01`, ..., `head` where the model has
            them. Elsewhere it takes the outputs of additive shortcuts, also
            where they are written `x + y` in a functional model; where there
            are none, of concatenations; and else of the layers with weights,
            normalization left out. Layers that hold a stack of blocks are
            opened. The last layer with weights is always there; of more than
            16 outputs, 16 that are evenly spaced. What is not reached in
            inference, has not the samples as its first axis, or does not
            depend on X, as embeddings of positions, is left out.
        run: Calls the model once in inference mode: takes layers by name and
            returns what is `Seen` of them, in the order of the calls.
            Without it the order is that of the structure.
        num_samples: Samples that go into `run`.
        left_out: Gets `(name, reason)` of what was left out.

    Raises:
        ValueError: If a tap is not in the model, is not reached in inference,
            or none is left.
    """
    layers = named_layers(check_model(model))
    names = {id(layer): name for name, layer in layers.items()}
    left_out = [] if left_out is None else left_out
    is_auto = isinstance(taps, str) and taps == "auto"
    if is_auto:
        wanted = {names[id(s)]: s for s in candidates(model)}
        asked = set()
    else:
        wanted, asked = _asked_for(model, taps, layers)
    if run is not None and wanted:
        wanted = _that_run(wanted, asked, run, num_samples, left_out)
    if is_auto:
        calls = getattr(wanted, "calls", {})
        wanted = {names[id(s)]: s for s in auto(list(wanted.values()), calls)}
    if not wanted:
        raise ValueError(
            f"No layer of {model.name!r} can be watched. Received: "
            f"taps={taps!r}. Choose among {_listed(layers)}."
        )
    return dict(wanted)


class _Reached(dict):
    """Layers by name, and `calls`, how often each is called."""

    calls: dict[int, int]


def _asked_for(model, taps, layers):
    """The layers of the names, and the names that are no patterns."""
    if isinstance(taps, (str, keras.Operation)):
        taps = [taps]
    wanted, asked = set(), set()
    for tap in checks.sequence("taps", taps):
        found = _matches(tap, layers)
        if not found:
            raise ValueError(_unknown(model, tap, layers))
        wanted.update(found)
        if not isinstance(tap, str) or tap in layers:
            asked.update(found)
    return {n: layer for n, layer in layers.items() if n in wanted}, asked


def _that_run(wanted, asked, run, num_samples, left_out):
    found = _Reached()
    found.calls = {}
    bad = {}
    for output, seen in run(wanted).items():
        tap = tap_of(output)
        reason = _fault(seen, num_samples, tap in asked)
        if reason is not None:
            bad[tap] = reason
        else:
            found[tap] = wanted[tap]
            count = found.calls.get(id(wanted[tap]), 0)
            found.calls[id(wanted[tap])] = count + 1
    for tap in bad:
        found.pop(tap, None)
    for tap in wanted.keys() - found.keys():
        bad.setdefault(tap, "It is not reached in inference mode.")
    for tap in (name for name in wanted if name in bad):
        if tap in asked:
            raise ValueError(
                f"The tap {tap!r} cannot be watched. {bad[tap]} Leave it out "
                "of taps=."
            )
        left_out.append((tap, bad[tap]))
    return found


def _fault(seen, num_samples, is_asked_for):
    """Why an output cannot be watched, or says nothing; None if it can."""
    shape = tuple(seen.shape)
    if num_samples is not None and shape[:1] != (num_samples,):
        return (
            f"Its output of shape {shape} for {num_samples} samples does not "
            "have the samples as its first axis."
        )
    if not seen.depends_on_x and not is_asked_for:
        return "Its output does not depend on X."
    return None


def _matches(tap, layers):
    if not isinstance(tap, str):
        return [name for name, layer in layers.items() if layer is tap]
    if tap in layers:
        # Also names with characters that mean something in a pattern.
        return [tap]
    depth = tap.count("/")
    return [
        name
        for name in layers
        if name.count("/") == depth and fnmatchcase(name, tap)
    ]


def _unknown(model, tap, layers):
    name = tap if isinstance(tap, str) else getattr(tap, "name", repr(tap))
    near = get_close_matches(name, layers, n=3)
    hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return (
        f"The model {model.name!r} has no tap {name!r}. {hint}Choose 'auto', "
        f"or among {_listed(layers)}."
    )


def _listed(layers):
    names = list(layers)
    more = len(names) - MAX_LISTED
    shown = ", ".join(names[:MAX_LISTED])
    return f"{shown} and {more} more" if more > 0 else shown
