"""The notebooks run from the first cell to the last, and draw something."""

from pathlib import Path
import sys

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
import keras
from nbclient import NotebookClient
import nbformat
import pytest
import synthetic_run

EXAMPLES = Path(__file__).parents[1] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


class ThisPython(AsyncKernelManager):
    """Starts the Python that runs the tests, whatever kernels there are."""

    kernel_spec = KernelSpec(
        argv=[
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ],
        language="python",
    )


def images(name, folder):
    """Runs a notebook in a folder; returns the PNG images it has shown."""
    notebook = nbformat.read(EXAMPLES / name, as_version=4)
    return run_notebook(notebook, folder)


def run_notebook(notebook, folder):
    """Runs a notebook in a folder; returns the PNG images it has shown."""
    NotebookClient(
        notebook,
        kernel_manager_class=ThisPython,
        timeout=600,
        resources={"metadata": {"path": folder}},
    ).execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    found = [output.get("data", {}).get("image/png") for output in outputs]
    return [image for image in found if image is not None]


@pytest.fixture(autouse=True)
def _without_accelerator(monkeypatch):
    # With one, the notebooks would load CIFAR-10.
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")


@pytest.mark.slow
def test_a_figure_and_a_log_show_themselves(tmp_path):
    """Without any setting of matplotlib, as the last line of a cell."""
    run = synthetic_run.write(tmp_path / "run", data=("probe",))
    cells = [
        f"import keras_ib; log = keras_ib.RunLog({str(run)!r})",
        "keras_ib.plotting.plane(log)",
        "log",
        "%matplotlib inline",
        "keras_ib.plotting.dynamics(log)",
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    assert len(run_notebook(notebook, tmp_path)) == 2
    (shown,) = notebook.cells[2].outputs
    assert "<table" in shown["data"]["text/html"]


LIVE = """
import keras, keras_ib, numpy
from keras_ib.plotting import live
live.GAP, live.SHARE, live.FIRST = 0, 1, 0  # As often as it measures.
plane = keras_ib.InfoPlane(live=True, log_dir="run", schedule=[0, 4])
drawn, draw = [], live.Live._draw
live.Live._draw = lambda self: (drawn.append(1), draw(self))
"""
FIT = """
x = numpy.random.default_rng(0).normal(size=(64, 4)).astype("float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.compile("sgd", "sparse_categorical_crossentropy")
_ = model.fit(x, x[:, 0] > 0, epochs=2, callbacks=[plane], verbose=0)
"""


@pytest.mark.slow
def test_a_live_view_is_drawn_in_its_place(tmp_path):
    """Below the cell that trains, whatever cell made the callback."""
    cells = [LIVE, FIT, "len(drawn)", FIT, "len(drawn)"]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    assert len(run_notebook(notebook, tmp_path)) == 2
    for cell, counted, least in ((1, 2, 2), (3, 4, 4)):
        (shown,) = notebook.cells[cell].outputs
        assert "image/png" in shown["data"]
        number = notebook.cells[counted].outputs[0]["data"]["text/plain"]
        assert int(number) >= least


@pytest.mark.slow
@pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="Runs on TensorFlow."
)
def test_colab_gpu(tmp_path):
    assert len(images("colab_gpu.ipynb", tmp_path)) == 2


@pytest.mark.slow
@pytest.mark.jax
@pytest.mark.skipif(keras.config.backend() != "jax", reason="Runs on JAX.")
def test_colab_tpu(tmp_path):
    assert len(images("colab_tpu.ipynb", tmp_path)) == 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_clean(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
            assert kinds[i - 1] == "markdown"


def test_there_are_notebooks():
    assert len(NOTEBOOKS) == 2
