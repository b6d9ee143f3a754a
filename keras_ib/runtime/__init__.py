"""Where it runs: the one place that knows the backend by name.

`backend` has what differs between TensorFlow and JAX; the class `Backend`
says what each of its functions promises.
"""

from keras_ib.runtime.backend import Backend, load
from keras_ib.runtime.evaluator import Evaluator, Reading, evaluator
from keras_ib.runtime.measurement import Measurement

backend: Backend = load()

__all__ = [
    "Backend",
    "Evaluator",
    "Measurement",
    "Reading",
    "backend",
    "evaluator",
]
