"""Datasets: known answers, fixed splits, and errors that say what to do."""

import gzip
import hashlib
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from keras_ib.data import datasets
from keras_ib.data import files as datafiles

# Where Debian's package dataset-fashion-mnist lays its files.
DEBIAN = datafiles.INSTALLED["fashion_mnist"]


def write_idx(folder, *, train=40, test=20, size=28):
    """Four small IDX files; returns what they hold."""
    rng = np.random.default_rng(0)
    arrays = []
    for rows in (train, test):
        arrays.append(rng.integers(0, 256, (rows, size, size), "uint8"))
        arrays.append((np.arange(rows) % 10).astype("uint8"))
    for name, array in zip(datafiles.IDX_FILES, arrays, strict=True):
        header = np.array([0x800 + array.ndim, *array.shape], ">u4")
        with gzip.open(folder / name, "wb") as file:
            file.write(header.tobytes() + array.tobytes())
    return arrays


def test_szt_is_the_published_table():
    data = datasets.load("szt")
    x = np.concatenate([data.x_train, data.x_test])
    y = np.concatenate([data.y_train, data.y_test])
    order = np.argsort(x @ 2.0 ** np.arange(11, -1, -1))
    assert len(np.unique(x, axis=0)) == 4096
    assert (
        hashlib.sha256(y[order].astype("uint8").tobytes()).hexdigest()
        == "77732f16f85e91b49d3997196b56163b3bd362d8cf631468a8de3f986e88359f"
    )
    assert y.sum() == 2118
    assert set(np.unique(x)) == {0.0, 1.0}
    assert (len(data.x_train), len(data.x_test)) == (3277, 819)


def test_digits_are_standardised_and_split():
    data = datasets.load("digits")
    assert data.x_train.shape == (1437, 8, 8, 1)
    assert data.x_test.shape == (360, 8, 8, 1)
    assert data.x_train.dtype == np.float32
    assert data.y_train.dtype == np.int32
    np.testing.assert_allclose(data.x_train.mean(), 0, atol=1e-5)
    np.testing.assert_allclose(data.x_train.std(), 1, atol=1e-5)
    # The test rows are scaled by the training rows' numbers, not their own.
    assert abs(data.x_test.std() - 1) > 1e-5
    # 174 to 183 of each digit: a fifth of them in the test split.
    assert set(np.bincount(data.y_test)) <= {35, 36, 37}


def test_digits_have_each_row_once():
    data = datasets.load("digits")
    rows = np.concatenate([data.x_train, data.x_test]).reshape(1797, 64)
    assert len(np.unique(rows, axis=0)) == 1797


def test_the_split_is_the_same_everywhere():
    # Another order of rows would make published numbers incomparable.
    labels = datasets.load("digits").y_test.astype("uint8").tobytes()
    assert hashlib.sha256(labels).hexdigest()[:16] == "53d9e30a73176ea4"


@pytest.mark.parametrize("num_train", [10, 105, 1437])
def test_subsets_are_seeded_fair_and_nested(num_train):
    whole = datasets.load("digits")
    small = datasets.load("digits", num_train=num_train, seed=3)
    again = datasets.load("digits", num_train=num_train, seed=3)
    np.testing.assert_array_equal(small.x_train, again.x_train)
    np.testing.assert_array_equal(small.x_test, whole.x_test)
    share = np.bincount(whole.y_train) * num_train / 1437
    assert np.abs(np.bincount(small.y_train, minlength=10) - share).max() <= 1
    rows = {row.tobytes() for row in whole.x_train}
    assert {row.tobytes() for row in small.x_train} <= rows
    if num_train < 1437:
        other = datasets.load("digits", num_train=num_train, seed=4)
        assert not np.array_equal(small.x_train, other.x_train)
        larger = datasets.load("digits", num_train=2 * num_train, seed=3)
        rows = {row.tobytes() for row in larger.x_train}
        assert {row.tobytes() for row in small.x_train} <= rows


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_idx_files(tmp_path, name):
    x_train, y_train, x_test, y_test = write_idx(tmp_path)
    data = datasets.load(name, data_dir=tmp_path)
    expected = (x_test[..., None] - x_train.mean()) / x_train.std()
    np.testing.assert_allclose(data.x_test, expected, atol=1e-5)
    np.testing.assert_array_equal(data.y_train, y_train)
    np.testing.assert_array_equal(data.y_test, y_test)


def test_npz_with_three_channels(tmp_path):
    rng = np.random.default_rng(0)
    # Channels of different brightness: each gets its own mean and deviation.
    top = np.array([64, 128, 256])
    x = rng.integers(0, top, (30, 32, 32, 3)).astype("uint8")
    y = rng.integers(0, 10, (30, 1)).astype("uint8")
    arrays = {"x_train": x, "y_train": y, "x_test": x[:5], "y_test": y[:5]}
    np.savez(tmp_path / "cifar10.npz", **arrays)
    data = datasets.load("cifar10", data_dir=str(tmp_path))
    assert data.x_test.shape == (5, 32, 32, 3)
    assert data.y_train.shape == (30,)
    np.testing.assert_allclose(
        data.x_train.mean((0, 1, 2), "float64"), 0, atol=1e-6
    )
    np.testing.assert_allclose(
        data.x_train.std((0, 1, 2), "float64"), 1, atol=1e-6
    )


@pytest.mark.skipif(
    not DEBIAN.is_dir() and "KERAS_IB_NEEDS_FASHION_MNIST" not in os.environ,
    reason="Debian's package dataset-fashion-mnist is not installed",
)
def test_real_fashion_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert datasets.is_at_hand("fashion_mnist")
    data = datasets.load("fashion_mnist")
    assert (len(data.x_train), len(data.x_test)) == (60_000, 10_000)
    assert set(np.bincount(data.y_train)) == {6000}
    assert set(np.bincount(data.y_test)) == {1000}
    # The published mean .2860 and deviation .3530 of its pixels in [0, 1].
    black, white = data.x_train.min(), data.x_train.max()
    np.testing.assert_allclose(black, -0.2860 / 0.3530, atol=2e-4)
    np.testing.assert_allclose(white, 0.7140 / 0.3530, atol=5e-4)
    # Its first test images: ankle boot, pullover, trouser, trouser, shirt.
    assert data.y_test[:5].tolist() == [9, 2, 1, 1, 6]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "imagenet"}, "imagenet.*digits, szt"),
        ({"name": "digits", "data_dir": "."}, "Leave data_dir out"),
        ({"name": "digits", "num_train": 0}, "num_train=0.*1 to 1437"),
        ({"name": "digits", "num_train": 1438}, "num_train=1438"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        datasets.load(**arguments)


def test_folder_without_the_files(tmp_path):
    write_idx(tmp_path)
    (tmp_path / datafiles.IDX_FILES[3]).unlink()
    with pytest.raises(
        FileNotFoundError, match=r"no mnist\.npz and no t10k-lab"
    ):
        datasets.load("mnist", data_dir=tmp_path)
    with pytest.raises(FileNotFoundError, match=r"cifar10\.npz"):
        datasets.load("cifar10", data_dir=tmp_path / "nowhere")


def _truncate(path):
    path.write_bytes(path.read_bytes()[:-40])


def _not_gzip(path):
    path.write_bytes(b"<html>404</html>")


def _not_idx(path):
    with gzip.open(path, "wb") as file:
        file.write(b"1, 2, 3")


def _short(path):
    content = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(content[:-1]))


def _bit_flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "file"),
    [
        (_truncate, datafiles.IDX_FILES[0]),
        (_not_gzip, datafiles.IDX_FILES[1]),
        (_not_idx, datafiles.IDX_FILES[1]),
        (_short, datafiles.IDX_FILES[1]),
        (_bit_flip, datafiles.IDX_FILES[2]),
    ],
)
def test_damaged_idx_files(tmp_path, damage, file):
    write_idx(tmp_path)
    damage(tmp_path / file)
    with pytest.raises(ValueError, match=f"{file} is damaged"):
        datasets.load("mnist", data_dir=tmp_path)


def test_damaged_npz(tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match=r"mnist\.npz is damaged"):
        datasets.load("mnist", data_dir=tmp_path)
    np.savez(tmp_path / "mnist.npz", x_train=np.zeros(3))
    with pytest.raises(ValueError, match="y_train"):
        datasets.load("mnist", data_dir=tmp_path)


def test_files_of_another_dataset(tmp_path):
    write_idx(tmp_path, size=32)
    with pytest.raises(ValueError, match=r"\[n, 28, 28, 1\].*another dataset"):
        datasets.load("mnist", data_dir=tmp_path)
    arrays = dict(zip(datafiles.ARRAYS, write_idx(tmp_path), strict=True))
    np.savez(tmp_path / "mnist.npz", **arrays | {"y_test": np.full(20, 10)})
    with pytest.raises(ValueError, match=r"from 0 to 9.*10"):
        datasets.load("mnist", data_dir=tmp_path)
    np.savez(tmp_path / "mnist.npz", **arrays | {"y_train": np.zeros(0)})
    with pytest.raises(ValueError, match="40 integers"):
        datasets.load("mnist", data_dir=tmp_path)


def test_neither_cached_nor_reachable(monkeypatch, tmp_path):
    import keras

    def fail():
        assert 0 < socket.getdefaulttimeout() <= 30
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", fail)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setitem(datafiles.INSTALLED, "fashion_mnist", tmp_path / "no")
    assert not datasets.is_at_hand("fashion_mnist")
    with pytest.raises(FileNotFoundError) as error:
        datasets.load("fashion_mnist")
    message = str(error.value)
    assert f"{tmp_path}/datasets/fashion-mnist/train-images" in message
    assert "copy" in message
    assert "data_dir=" in message
    assert "URL fetch failure" in str(error.value.__cause__)
    assert socket.getdefaulttimeout() is None


@pytest.mark.slow
def test_damaged_cache(monkeypatch, tmp_path):
    folder = tmp_path / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    for name in datafiles.IDX_FILES:
        (folder / name).write_bytes(b"not gzip")
    # Keras reads its home when it is imported.
    code = "from keras_ib import datasets; datasets.load('fashion_mnist')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"KERAS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ValueError")
    assert f"{folder}/train-images-idx3-ubyte.gz is damaged" in last
