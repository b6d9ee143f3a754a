"""What training and measuring cost on a GPU.

    KERAS_BACKEND=jax python benchmarks/gpu.py
    python benchmarks/gpu.py --models resnet-20 --probe-sizes 2048 --peak 51
    python benchmarks/gpu.py --quick    # tiny, on any machine: does it run?

ResNet-20, ViT-S and Mixer-S on 32x32x3 images, in batches of 128 and with
2,048 and 10,000 probe rows, on either backend; one row of a markdown table
for each number, printed as soon as it is known:

- training step: as `fit` makes it from arrays in the memory of the host;
- forward pass: of the probe rows up to the taps, nothing measured;
- a measure, or several in one pass (`zx+zy`): a whole measurement, and what
  it takes above the forward pass;
- distances: all pairs of rows of the widest tap, in blocks and in full
  float32 as the pairwise measures make them; 2 n^2 d operations over the
  seconds, as a rate and as a share of the peak.

Every time is the median of five runs that end when the numbers are on the
host; *tracing* is what the first run takes more. Images and labels are random
numbers. What they show matters to `zy` alone, which stops when it gains no
more; other data need more or fewer of its iterations.

The peak is that of float32 without TensorFloat-32, which the measures do not
use: `--peak`, in TFLOP/s, from the data sheet of the GPU. Without it the
share is that of the rate which one large product of float32 matrices reaches
in the same run, and the table says so.

Memory: a measurement holds the outputs of all its taps at once, and passes
all rows through a layer at once. With 10,000 rows and patches of 8, what XLA
compiles for a CPU needs 7 GB for ResNet-20 and 3 GB for ViT-S, whatever is
measured of the list, and 12 GB for Mixer-S: within 16 GB, of which JAX may
take 95 % here. Patches of 4, which 32x32 images usually have, would not be.
`ebab`, which sorts all values of a tap, needs 21 GB for ResNet-20 and is not
in the list; with `--taps stem,block_01,head` it needs 10. TensorFlow fuses
less; where it runs out of memory, give smaller `--probe-sizes`.

`--quick` takes 64 probe rows, two taps and the tiny variants.
"""

import argparse
from datetime import date
import importlib
import math
import os
import shutil
import statistics
import subprocess
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.95")

import keras
from keras import ops
import overhead

from keras_ib import measures, models, probe, runtime, taps
from keras_ib.measures.pairwise.blocks import Pairwise, pair_sums

# Family, variant and changes of it.
MODELS = {
    "resnet-20": ("resnet", "resnet20", {}),
    "vit-s/8": ("vit", "S/16", {"patch_size": 8}),
    "mixer-s/8": ("mixer", "S/16", {"patch_size": 8}),
}
MEASURES = "zx,zy,zx+zy,binning,kde,ksg,hsic,cs,renyi,logdet"
REPEATS = 5
NUM_STEPS = 50
PRODUCT_ORDER = 8192
COLUMNS = (
    "model",
    "probe rows",
    "what",
    "seconds",
    "above forward",
    "tracing",
    "TFLOP/s",
    "of peak",
)


def timed(call):
    """Median seconds of a run, and what the first takes more.

    Args:
        call: Returns when its numbers are on the host.
    """
    times = []
    for _ in range(1 + REPEATS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    median = statistics.median(times[1:])
    return median, times[0] - median


def training_step(model, num_steps):
    """Seconds of a step, and of tracing it."""
    x, y = overhead.images(overhead.BATCH_SIZE * num_steps)

    def fit():
        model.fit(x, y, overhead.BATCH_SIZE, verbose=0)
        # `fit` waits for the last loss, not for the last update.
        ops.convert_to_numpy(model.trainable_variables[-1])

    seconds, tracing = timed(fit)
    return seconds / num_steps, tracing


class Distances(Pairwise):
    """Makes the distances that pairwise measures share, and adds them up."""

    name = "distances"
    fields = {  # noqa: RUF012 - a constant of the class
        "sum": measures.Field("sum of distances", "1", "estimate", "all")
    }

    def per_sample(self, block):
        return {"sum": ops.sum(block.z, axis=1)}


def all_distances(num_rows, width):
    """All squared distances of `[num_rows, width]` numbers, as a call."""

    def total(z):
        sample = measures.Sample(z, num_fit=num_rows // 2)
        return pair_sums([Distances()], [sample])[0]["distances"]["sum"]

    return _in_full(total, (num_rows, width))


def plain_product(order):
    """One product of `[order, order]` matrices, as a call."""
    # The largest entry: nothing of the product can be left out for it.
    return _in_full(lambda a: ops.max(ops.matmul(a, a)), (order, order))


def _in_full(function, shape):
    function = runtime.backend.compiled(function)
    array = keras.random.normal(shape, seed=0)

    def call():
        with runtime.backend.full_precision():
            return ops.convert_to_numpy(function(array))

    return call


def print_row(label, size, what, seconds, tracing, **others):
    """Prints one row; `others` are cells that not every row has."""
    cells = [label, size, what, seconds, others.get("above"), tracing]
    cells += [others.get("rate"), others.get("share")]
    print(f"| {' | '.join(map(_text, cells))} |", flush=True)


def _text(cell):
    if isinstance(cell, float):
        return f"{cell:.3g}"
    return "" if cell is None else str(cell)


def print_heading(options):
    """When, where and with what."""
    backend = keras.config.backend()
    version = importlib.import_module(backend).__version__
    print(
        f"{date.today()}, {_gpu_name() or 'no GPU'}; {backend} {version}, "
        f"Keras {keras.__version__}; taps: {options.taps}"
    )
    if options.quick:
        print("A quick run of tiny variants: none of its times means anything.")


def _gpu_name():
    if shutil.which("nvidia-smi") is None:
        return None
    query = ["--query-gpu=name,driver_version", "--format=csv,noheader"]
    names = subprocess.check_output(["nvidia-smi", *query], text=True)
    return "; ".join(names.splitlines())


def find_peak(options):
    """TFLOP/s that count as all, given or reached; says which."""
    peak, source = options.peak, "given"
    if peak is None:
        order = options.product_order
        seconds, _ = timed(plain_product(order))
        peak = 2 * order**3 / seconds / 1e12
        source = f"reached by a product of {order:,} x {order:,} matrices"
    print(f"Peak: {peak:.3g} TFLOP/s, {source}\n")
    return peak


def build(label, is_quick):
    """A compiled model by its name in the table."""
    family, variant, changes = MODELS[label]
    return overhead.compiled(
        lambda: models.FAMILIES[family](
            overhead.SHAPE,
            10,
            variant="tiny" if is_quick else variant,
            **changes,
        )
    )


def measurements(label, model, size, options):
    """Prints their rows; returns the width of the widest tap."""
    selected = taps.select(model, options.taps)
    drawn = probe.draw(*overhead.images(size), needs_y=True, size=size, seed=0)
    call = overhead.forward_pass(model, selected, drawn)
    forward, tracing = timed(call)
    print_row(label, size, "forward pass", forward, tracing)
    widest = max(math.prod(shape) for shape in call.shapes.values())
    for names, chosen in options.measures.items():
        call = runtime.Measurement(model, selected, chosen, drawn)
        seconds, tracing = timed(call)
        above = seconds - forward
        print_row(label, size, names, seconds, tracing, above=above)
    return widest


def distances(label, size, width, peak):
    """Prints their row."""
    seconds, tracing = timed(all_distances(size, width))
    rate = 2 * size**2 * width / seconds / 1e12
    what, share = f"distances, d = {width:,}", f"{rate / peak:.0%}"
    print_row(label, size, what, seconds, tracing, rate=rate, share=share)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peak", type=float, help="TFLOP/s of float32")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--probe-sizes", default="2048,10000")
    parser.add_argument("--measures", default=MEASURES)
    parser.add_argument("--taps", default="auto", help="auto, or stem,head,...")
    options = parser.parse_args()
    options.models = options.models.split(",")
    unknown = set(options.models) - MODELS.keys()
    if unknown:
        parser.error(f"no model {unknown}; there are {', '.join(MODELS)}")
    devices = keras.distribution.list_devices()
    if not options.quick and not any("gpu" in name for name in devices):
        parser.error(
            f"{keras.config.backend()} sees no GPU, only {devices}. --quick "
            "runs on any machine; its times say nothing of a GPU."
        )
    options.num_steps, options.product_order = NUM_STEPS, PRODUCT_ORDER
    if options.quick:
        options.probe_sizes, options.taps = "64", "stem,head"
        options.num_steps, options.product_order = 2, 512
    options.probe_sizes = [int(n) for n in options.probe_sizes.split(",")]
    if options.taps != "auto":
        options.taps = options.taps.split(",")
    options.measures = {
        names: measures.get(names.split("+"))
        for names in options.measures.split(",")
    }
    return options


def main():
    options = parsed()
    print_heading(options)
    peak = find_peak(options)
    print(f"| {' | '.join(COLUMNS)} |\n{'| --- ' * len(COLUMNS)}|", flush=True)
    for label in options.models:
        model = build(label, options.quick)
        step, tracing = training_step(model, options.num_steps)
        print_row(label, None, "training step", step, tracing)
        for size in options.probe_sizes:
            width = measurements(label, model, size, options)
            distances(label, size, width, peak)


if __name__ == "__main__":
    main()
