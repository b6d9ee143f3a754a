"""Samples come from whatever `fit` takes, and no more are read than drawn."""

import keras
import numpy as np
import pytest

from keras_ib import probe

X = np.random.default_rng(0).normal(size=(100, 4)).astype("float32")
Y = np.arange(100) % 3
HALF = X[:50]


def draw(data, size=2048, **more):
    (drawn,) = probe.draw_all(data, size=size, seed=0, **more).values()
    return drawn


def holds(drawn, y=Y):
    np.testing.assert_array_equal(drawn.x, X[drawn.rows])
    np.testing.assert_array_equal(drawn.targets["y"].y, y[drawn.rows])
    return True


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 10

    def __getitem__(self, index):
        at = slice(10 * index, 10 * index + 10)
        return X[at], Y[at], np.ones(10)


class Loader:
    """As a loader of torch: lists of arrays, again and again."""

    def __len__(self):
        return 10

    def __iter__(self):
        return ([x, y] for x, y, _ in map(Batches().__getitem__, range(10)))


def generator():
    while True:
        yield from Loader()


@pytest.mark.jax
@pytest.mark.parametrize(
    "data",
    [
        (X, Y),
        [X, Y],
        (X, Y, np.ones(100)),
        (X.tolist(), Y.tolist()),
        [X.tolist(), Y.tolist()],
        (list(X), list(Y)),
        (list(X), Y),
        (X, Y[:, None]),
        (np.asfortranarray(X).astype(">f4"), Y),
        (X[::-1][::-1], Y.astype("float32")),
    ],
    ids=[
        *(
            "pair",
            "list",
            "weights",
            "lists",
            "list of lists",
            "list of arrays",
        ),
        *("list and array", "column", "big-endian", "float labels"),
    ],
)
def test_arrays(data):
    assert holds(draw(data))
    assert draw(data).num_rows == 100


@pytest.mark.jax
@pytest.mark.parametrize(
    "data", [Batches(), Loader(), generator()], ids=["PyDataset", "loader", "g"]
)
def test_batches(data):
    drawn = draw(data, size=64)
    assert drawn.num_rows == 64
    assert holds(drawn)
    assert drawn.rows.max() < 64


@pytest.mark.jax
def test_a_generator_is_read_no_further_than_needed():
    read = []
    batches = (read.append(i) or Batches()[i] for i in range(10))
    assert draw(batches, size=20).num_rows == 20
    assert read == [0, 1]


@pytest.mark.jax
@pytest.mark.parametrize(
    "data", [X, (X,), (X, None), [X], (x for x in [X])], ids=range(5)
)
def test_without_labels(data):
    drawn = draw(data)
    assert drawn.targets == {}
    np.testing.assert_array_equal(drawn.x, X[drawn.rows])


@pytest.mark.jax
def test_a_dict_of_sets_and_a_dict_of_inputs():
    sets = probe.draw_all(
        {"train": (X, Y), "test": (HALF, None), "more": Batches()},
        size=2048,
        seed=0,
    )
    assert [d.num_rows for d in sets.values()] == [100, 50, 100]
    inputs = {"a": X, "b": X[:, 0]}
    assert set(draw(inputs).x) == {"a", "b"}
    assert draw((inputs, Y)).targets["y"].variable.num_classes == 3
    assert draw(([X, X[:, :2]], Y)).x_values.shape == (100, 6)
    assert set(probe.draw_all({"a": (inputs, Y)}, size=8, seed=0)) == {"a"}
    assert draw({"a": X.tolist(), "b": [0.0, 1.0] * 50}).x["b"].shape == (100,)
    with pytest.raises(ValueError, match="with labels beside it"):
        draw((Batches(), Y))
    with pytest.raises(ValueError, match="named by strings"):
        draw({1: (X, Y)})


@pytest.mark.jax
def test_unbatched_samples():
    assert holds(draw(zip(X, Y, strict=True)))


class Counted:
    """An array on disk that counts what is read; it wants sorted rows."""

    def __init__(self, array):
        self.array, self.read = array, 0
        self.shape, self.dtype = array.shape, array.dtype

    def __getitem__(self, rows):
        assert np.all(np.diff(rows) > 0)
        self.read += len(rows)
        return self.array[rows]

    def __len__(self):
        return len(self.array)


@pytest.mark.jax
def test_only_what_is_drawn_is_read(tmp_path):
    x = Counted(X)
    assert holds(draw((x, Y), size=16))
    assert x.read == 16
    mapped = np.memmap(tmp_path / "x", "float32", "w+", shape=X.shape)
    mapped[:] = X
    drawn = draw((mapped, Y), size=16)
    assert holds(drawn)
    assert type(drawn.x) is np.ndarray


@pytest.mark.jax
def test_h5py(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"], file["y"] = X, Y
        assert holds(draw((file["x"], file["y"]), size=32))


@pytest.mark.jax
def test_data_frames():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, index=np.arange(100)[::-1])
    assert holds(draw((frame, pd.Series(Y))))
    names = pd.Series(np.array(["ant", "bee", "cat"])[Y], dtype="category")
    drawn = draw((frame, names))
    assert drawn.targets["y"].names == ["ant", "bee", "cat"]
    assert holds(drawn)


@pytest.mark.jax
def test_scipy_sparse():
    sparse = pytest.importorskip("scipy.sparse")
    for matrix in (sparse.csr_matrix(X), sparse.coo_matrix(X)):
        assert holds(draw((matrix, Y)))


@pytest.mark.jax
def test_masked_arrays_are_missing_values():
    mask = np.zeros(X.shape, bool)
    mask[3, 1] = True
    with pytest.warns(probe.ProbeWarning, match="1 of 4 columns"):
        drawn = draw((np.ma.MaskedArray(X, mask), Y))
    assert np.isnan(drawn.x).sum() == 1
    assert drawn.x_values.shape == (100, 3)


@pytest.fixture
def tf():
    return pytest.importorskip("tensorflow")


def test_tf_data(tf):
    made = tf.data.Dataset.from_tensor_slices((X, Y))
    for data in (made, made.batch(16), made.batch(20, drop_remainder=True)):
        assert holds(draw(data))
        assert draw((data, None)).num_rows == 100
    assert draw(made.map(lambda x, y: (x, y, 1.0)).batch(8)).num_rows == 100


def test_tf_data_of_autoencoders(tf):
    made = tf.data.Dataset.from_tensor_slices((X, X))
    for data in (made, made.batch(4, drop_remainder=True)):
        drawn = draw(data)
        assert drawn.x.shape == (100, 4)
        assert drawn.targets["y"].variable.kind == "values"


def test_tf_data_that_repeats(tf):
    data = tf.data.Dataset.from_tensor_slices((X, Y)).repeat().batch(30)
    drawn = draw(data, size=1000)
    assert drawn.num_rows == 100
    assert len(set(drawn.x_id)) == 100


def test_tf_data_of_structures(tf):
    data = tf.data.Dataset.from_tensor_slices(
        ({"a": X, "b": Y.astype(str)}, {"c": Y, "d": X[:, 0]})
    ).batch(8)
    drawn = draw(data)
    assert list(drawn.targets) == ["c", "d"]
    assert drawn.x_values.shape == (100, 12)


def test_timeseries_windows(tf):
    data = keras.utils.timeseries_dataset_from_array(X, Y, 10, batch_size=32)
    drawn = draw(data)
    assert drawn.x.shape == (91, 10, 4)


def test_batches_of_other_sizes_are_padded(tf):
    lengths = 1 + np.arange(100) % 7
    made = tf.data.Dataset.from_generator(
        lambda: ((X[i, :1].repeat(n), Y[i]) for i, n in enumerate(lengths)),
        output_signature=(
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((), tf.int64),
        ),
    )
    for data in (made.padded_batch(3), made):
        drawn = draw(data)
        assert drawn.x.shape == (100, 7)
        np.testing.assert_array_equal(
            (drawn.x != 0).sum(axis=1), lengths[drawn.rows]
        )
        assert any("padded" in note for note in drawn.notes)


def test_ragged_and_sparse_tensors(tf):
    lengths = 1 + np.arange(100) % 7
    ragged = tf.RaggedTensor.from_row_lengths(
        np.arange(1, lengths.sum() + 1), lengths
    )
    expected = ragged.to_tensor().numpy()
    drawn = draw((ragged, Y))
    np.testing.assert_array_equal(drawn.x, expected[drawn.rows])
    few = draw((ragged[:8], Y[:8]))
    assert few.x.shape == (8, 7)
    drawn = draw((tf.sparse.from_dense(X), Y), size=50)
    np.testing.assert_array_equal(drawn.x, X[drawn.rows])
    batches = tf.data.Dataset.from_tensor_slices((ragged, Y)).batch(9)
    drawn = draw(batches)
    np.testing.assert_array_equal(drawn.x, expected[drawn.rows])
    batches = tf.data.Dataset.from_tensor_slices(
        (tf.sparse.from_dense(X), Y)
    ).batch(9)
    assert holds(draw(batches))
