"""One world for all tests: two CPUs, fixed seeds, TensorFlow or JAX."""

import os

# Before TensorFlow is imported: it reads them once. A machine whose GPU is to
# be tested sets CUDA_VISIBLE_DEVICES itself.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["MPLBACKEND"] = "Agg"

import keras
import numpy as np
import pytest

ON_JAX = keras.config.backend() == "jax"

if keras.config.backend() == "tensorflow":
    import tensorflow as tf

    # Two replicas on one machine. Fails if an operation ran already.
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration()] * 2,
    )
    # A third of the time would go into making graphs fast that run a few
    # times. What runs in a process of its own has it.
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": True}
    )


def pytest_configure(config):
    # NumPy 2 about TensorFlow's variables, when Keras saves them.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:__array__ implementation doesn't accept a copy keyword"
        ":DeprecationWarning",
    )


def pytest_ignore_collect(collection_path):
    """On JAX, files without a JAX test may import TensorFlow at their top."""
    if ON_JAX and collection_path.suffix == ".py":
        return "mark.jax" not in collection_path.read_text() or None
    return None


def pytest_collection_modifyitems(config, items):
    """On JAX, only the tests that are marked for it."""
    if ON_JAX:
        others = [item for item in items if not item.get_closest_marker("jax")]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture
def rng():
    """A seeded NumPy generator."""
    return np.random.default_rng(0)


@pytest.fixture
def distance_blocks(monkeypatch):
    """`(rows, all rows)` of each block of distances that is traced, a list."""
    from keras_ib.measures.sample.distances import Points

    blocks = []
    original = Points.distances

    def counted(self, start, size):
        blocks.append((size, self.rows.shape[0]))
        return original(self, start, size)

    monkeypatch.setattr(Points, "distances", counted)
    return blocks


@pytest.fixture(params=["none", "mirrored"])
def strategy(request):
    """No strategy, and MirroredStrategy over two CPUs (TensorFlow)."""
    tf = pytest.importorskip("tensorflow")
    from keras_ib import runtime

    made = runtime.backend.make_strategy(request.param)
    return tf.distribute.get_strategy() if made is None else made


@pytest.fixture(params=["float32", "mixed_bfloat16"])
def precision(request):
    """Builds under each dtype policy in turn."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy(before)
