"""All measures of all taps, as one function of arrays.

It knows no model: `InfoPlane`, `measure_checkpoints` and `keras_ib.measure`
differ in where the arrays come from and in nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_ib import checks
from keras_ib.measures import (
    Field,
    Measure,
    Noise,
    Sample,
    Variable,
    evaluate,
    evaluate_trained,
    finalize,
    partial_trained,
)
from keras_ib.measures import (
    partial as partial_sums,
)

Y = frozenset({"y", "y_class"})
NULL = "_null"
NULLS = ("permuted",)


def check_null(null: Any) -> str | None:
    """The value, if it is `"permuted"` or None."""
    return None if null is None else checks.choice("null", null, NULLS)


class Reading(NamedTuple):
    """Names one number: a field of a measure at a tap.

    `target` is None where the field does not look at Y, and `other` where it
    is of one tap.
    """

    tap: str
    target: str | None
    measure: str
    field: str
    other: str | None = None

    def named(self) -> dict[str, str | None]:
        """Its part of a row, which names the other tap where there is one."""
        names = self._asdict()
        if self.other is None:
            del names["other"]
        return names


class Replicas(NamedTuple):
    """The replicas that share a measurement, as one of them sees it.

    Attributes:
        index: Which one this is, an int32 tensor.
        num_replicas: How many there are.
        total: Sums a structure of scalars over all of them.
    """

    index: Any
    num_replicas: int
    total: Callable


class Target(NamedTuple):
    """What is static of a target.

    Attributes:
        variable: Its kind.
        by_position: Whether it has a value a position, not one a sample.
    """

    variable: Variable
    by_position: bool = False


class Evaluator:
    """The measures of taps on samples of one kind.

    The measures of one tap are compiled on their own, so that taps of equal
    shape and noise, such as the blocks of a transformer, are traced once.
    Networks of all taps train together.

    Several replicas share the work: of measures that look at all pairs, each
    takes its share of the samples against all others; other measures of a tap
    are made by one replica, those of the next tap by the next. What the
    replicas exchange are scalars, in one sum.

    Args:
        measures: Sequence of `Measure`.
        num_fit: Number of fit samples.
        given: Which of `"x"`, `"x_id"` and `"time"` there are.
        targets: `{name: Target}`; those with a value a sample first.
        backend: The `Backend`.
        null: `"permuted"` for a second look at each sample, in which X and Y
            are those of other rows; None for none.
    """

    def __init__(
        self,
        measures: Sequence[Measure],
        num_fit: int,
        given: frozenset[str],
        targets: Mapping[str, Target],
        backend: Any,
        null: str | None = None,
    ):
        self._null = null
        self.measures = tuple(measures)
        self.num_fit = num_fit
        self._given = given
        self._targets = dict(targets)
        self._backend = backend
        self._operations = backend.operations()
        self._trained = [m for m in measures if m.trains]
        self._others = [m for m in measures if not m.trains]
        self._programs: dict = {}

    def fields(self, positions: Sequence[str] = ()) -> list[tuple]:
        """`(target, measure, field)` of a tap's numbers, in their order.

        Args:
            positions: The targets that the tap is looked at by position for.
        """
        found = []
        for place, (target, given, variable) in enumerate(
            self._looks(positions)
        ):
            for measure in self.measures:
                for field, about in self._fields(measure, given, variable):
                    looks_at_y = bool(Y & set(about.needs))
                    # What does not look at Y is measured once.
                    if looks_at_y or place == 0:
                        name = target if looks_at_y else None
                        found.append((name, measure.name, field))
        return found

    def declared(self, positions: Sequence[str] = ()) -> dict[tuple, Field]:
        """What each field is, `{(measure, field): Field}`."""
        return {
            (measure.name, name): field
            for _, given, variable in self._looks(positions)
            for measure in self.measures
            for name, field in self._fields(measure, given, variable)
        }

    def _fields(self, measure, given, variable):
        """`(name, Field)` of a measure: its own, then their levels."""
        own = measure.available(given, variable)
        yield from own.items()
        for name, field in own.items() if self._null else ():
            if field.has_null and not name.endswith("_se"):
                meaning = f"{field.meaning}, {self._null}"
                yield name + NULL, replace(field, meaning=meaning)

    def _looks(self, positions):
        """`(target, given, variable)` of each sample that is made of a tap."""
        whole = [n for n, t in self._targets.items() if not t.by_position]
        first = whole[0] if whole else None
        for name in whole or [None]:
            variable = self._targets[name].variable if name else None
            given = self._given if name == first else frozenset()
            yield name, given | _y_of(variable), variable
        for name in positions:
            variable = self._targets[name].variable
            yield name, _y_of(variable), variable

    def __call__(
        self,
        outputs: Mapping[str, Any],
        data: Mapping[str, Any],
        noise: Mapping[str, Noise | None] | None = None,
        replicas: Replicas | None = None,
    ) -> dict[str, Any]:
        """All numbers of each tap, `{tap: [len(fields)]}` float32.

        Args:
            outputs: `{tap: [n, ...]}`, representations of all samples.
            data: `x` `[n, ...]` and `x_id` `[n]` as given; `offset` `[d]`
                where something was taken off the columns of Z; `time` `[n]`;
                `targets`, `{name: {"y": ..., "y_class": ...}}`; `positions`,
                `{tap: {name: {"fit": ..., "held_out": ..., "y": ...}}}` of
                the places `[m]` in a tap of `[n, *a, d]` that are looked at;
                and `held`, `{tap: {measure: {field: scalar}}}`.
            noise: `{tap: Noise}` of layers that add any.
            replicas: The `Replicas`, or None if there is but one.
        """
        noise = {tap: (noise or {}).get(tap) for tap in outputs}
        evaluated = (
            self._alone if replicas is None else partial(self._shared, replicas)
        )(outputs, data, noise)
        return {
            tap: self._vector(evaluated[tap], list(_positions(data, tap)))
            for tap in outputs
        }

    def _vector(self, evaluated, positions):
        numbers = {
            (place, measure, field): value
            for place, found in enumerate(evaluated)
            for measure, fields in found.items()
            for field, value in fields.items()
        }
        looks = [target for target, _, _ in self._looks(positions)]

        def number(target, measure, field):
            place = looks.index(target) if target in looks else 0
            if field.endswith(NULL):
                place += len(looks)
            return numbers[place, measure, field.removesuffix(NULL)]

        return ops.stack(
            [
                ops.cast(number(*field), "float32")
                for field in self.fields(positions)
            ]
        )

    def _alone(self, outputs, data, noise):
        calls = [
            (self._program(Evaluator._whole, noise[tap], z, part), (z, part))
            for tap, z in outputs.items()
            for part in [_of_tap(data, tap)]
        ]
        numbers = self._backend.side_by_side(calls)
        found = dict(zip(outputs, numbers, strict=True))
        if self._trained:
            trained = self._of_all(Evaluator._trained_whole, outputs, data)
            found = _joined(found, trained)
        return found

    def _shared(self, replicas, outputs, data, noise):
        index, count, total = replicas
        parts = {
            tap: self._program(Evaluator._partial, noise[tap], z, part, count)(
                z, part, index, ops.equal(index, place % count)
            )
            for place, (tap, z) in enumerate(outputs.items())
            for part in [_of_tap(data, tap)]
        }
        if self._trained:
            is_owner = ops.equal(index, 0)
            trained = self._of_all(
                Evaluator._trained_partial, outputs, data, is_owner
            )
            parts = _joined(parts, trained)
        parts = total(parts)
        return {
            tap: self._program(Evaluator._finalize, noise[tap], z, part)(
                z, part, parts[tap]
            )
            for tap, z in outputs.items()
            for part in [_of_tap(data, tap)]
        }

    def _program(self, method, noise, z, data, *static):
        """The method compiled, once for tensors of these shapes."""
        key = (method, noise, *static, *_signatures((z, data)))
        return self._compiled(key, partial(method, self, noise, *static))

    def _of_all(self, method, outputs, data, *more):
        """A method of all taps at once, compiled and called."""
        # Lists: JAX hands on a dict in the order of its keys.
        tensors = (
            list(outputs.values()),
            [_of_tap(data, tap) for tap in outputs],
        )
        key = (method, *_signatures(tensors))
        return self._compiled(key, partial(method, self))(*tensors, *more)

    def _compiled(self, key, function):
        if key not in self._programs:
            is_alone = key[0] in (Evaluator._whole, Evaluator._trained_whole)
            backend = self._backend
            self._programs[key] = (
                backend.compiled if is_alone else backend.compiled_for_replicas
            )(function)
        return self._programs[key]

    def _trained_whole(self, outputs, data):
        return evaluate_trained(self._trained, self._of_taps(outputs, data))

    def _trained_partial(self, outputs, data, is_owner):
        samples = self._of_taps(outputs, data)
        return partial_trained(self._trained, samples, is_owner)

    def _of_taps(self, outputs, data):
        return [self.samples(z, d) for z, d in zip(outputs, data, strict=True)]

    def _whole(self, noise, z, data):
        return evaluate(self._others, self.samples(z, data, noise))

    def _partial(self, noise, count, z, data, index, is_owner):
        samples = self.samples(z, data, noise)
        return partial_sums(self._others, samples, index, count, is_owner)

    def _finalize(self, noise, z, data, sums):
        return finalize(self.measures, self.samples(z, data, noise), sums)

    def samples(
        self, z: Any, data: Mapping, noise: Noise | None = None
    ) -> list:
        """The `Sample`s of a tap, one a target."""
        whole = [n for n, t in self._targets.items() if not t.by_position]
        first = self._y(whole[0], data) if whole else {}
        sample = Sample(
            z,
            data.get("x"),
            data.get("x_id"),
            num_fit=self.num_fit,
            operations=self._operations,
            noise=noise,
            offset=data.get("offset"),
            time=data.get("time"),
            held=data.get("held"),
            **first,
        )
        others = [sample.with_target(**self._y(n, data)) for n in whole[1:]]
        found = [sample, *others, *self._at_positions(z, data, sample)]
        if self._null:
            found += [one.permuted() for one in found]
        return found

    def _y(self, name, data):
        return {
            "variable": self._targets[name].variable,
            **data["targets"][name],
        }

    def _at_positions(self, z, data, whole):
        for name, part in data.get("positions", {}).items():
            target = self._targets[name]
            rows = ops.reshape(z, (-1, z.shape[-1]))
            index = ops.concatenate([part["fit"], part["held_out"]])
            time = data.get("time")
            if time is not None:
                time = ops.take(time, index // (rows.shape[0] // z.shape[0]))
            yield Sample(
                ops.take(rows, index, axis=0),
                y=part["y"],
                y_class=part["y"],
                num_fit=part["fit"].shape[0],
                variable=target.variable,
                operations=self._operations,
                time=time,
                held={m.name: whole.held_by(m) for m in self.measures},
            )


@lru_cache(maxsize=64)
def _cached(measures, num_fit, given, targets, backend, null):
    return Evaluator(measures, num_fit, given, dict(targets), backend, null)


def evaluator(
    measures: Sequence[Measure],
    num_fit: int,
    given: frozenset[str],
    targets: Mapping[str, Target],
    backend: Any,
    null: str | None = None,
) -> Evaluator:
    """The `Evaluator` of these arguments, one for the process.

    What it has compiled serves every callback and every `keras_ib.measure`.
    """
    targets_ = tuple(targets.items())
    return _cached(tuple(measures), num_fit, given, targets_, backend, null)


def _y_of(variable):
    if variable is None:
        return frozenset()
    return frozenset({"y"} if variable.kind == "values" else Y)


def _of_tap(data, tap):
    """The data of one tap: those of all, and what is its own."""
    own = ("positions", "held")
    return {k: v for k, v in data.items() if k not in own} | {
        name: data.get(name, {}).get(tap, {}) for name in own
    }


def _positions(data, tap):
    return data.get("positions", {}).get(tap, {})


def _joined(found, trained):
    """Puts the numbers of trained measures beside the others of each tap."""
    return {
        tap: [a | b for a, b in zip(numbers, more, strict=True)]
        for (tap, numbers), more in zip(found.items(), trained, strict=True)
    }


def _signatures(structure):
    """Hashable: names, shapes and types of a structure of tensors."""
    yield str(keras.tree.map_structure(lambda tensor: None, structure))
    for tensor in keras.tree.flatten(structure):
        yield tuple(tensor.shape), str(tensor.dtype)
