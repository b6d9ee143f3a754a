"""Small networks of the learned measures, several side by side.

The parameters of k networks of one shape have a leading axis of k, so that
one matrix product serves all of them.
"""

from collections.abc import Sequence
import math

from keras import ops
import numpy as np

from keras_ib.measures.sample.operations import Tensor

# Units of the one hidden layer, and its channels at each position of a map.
HIDDEN = 256
CHANNELS = 64
# Random numbers from which all first weights are taken.
POOL_SIZE = 2**16


class MLP:
    """`count` networks of one hidden layer, from rows to `num_outputs`.

    Args:
        z_shape: Shape of one row of the input.
        num_outputs: Number of outputs.
        hidden: Units of the hidden layer.
    """

    def __init__(
        self, z_shape: Sequence[int], num_outputs: int, hidden: int = HIDDEN
    ):
        self.sizes = (math.prod(z_shape), hidden, num_outputs)

    def start(self, count: int) -> list:
        """Fresh parameters, the same at every time (He et al. 2015).

        The last layer begins at a tenth of the usual scale: untrained
        networks say little, whatever the width of the layer.
        """
        inputs, hidden, outputs = self.sizes
        return [
            normal_weights(
                (inputs, hidden), math.sqrt(2 / inputs), count, seed=1
            ),
            ops.zeros((count, 1, hidden)),
            normal_weights(
                (hidden, outputs), math.sqrt(0.01 / hidden), count, seed=2
            ),
            ops.zeros((count, 1, outputs)),
        ]

    def __call__(self, parameters, rows):
        """Outputs `[k, b, num_outputs]` for `Rows`."""
        return self.outputs(parameters, rows.z)

    def outputs(self, parameters: Tensor, z: Tensor) -> Tensor:
        """Outputs `[k, b, num_outputs]` for rows `[k, b, ...]`."""
        first, bias, last, last_bias = parameters
        rows = ops.reshape(z, (*z.shape[:2], self.sizes[0]))
        hidden = ops.relu(ops.matmul(rows, first) + bias)
        return ops.matmul(hidden, last) + last_bias


class Upsampling:
    """`count` networks from feature maps to images.

    A 3x3 convolution, ReLU, and a transposed convolution whose kernel is as
    large as its stride: an `MLP` from the neighbourhood of each position to
    its patch of the image. What the patches have too much is cut off.

    Args:
        z_shape: `(height, width, channels)` of the feature maps.
        x_shape: `(height, width, channels)` of the images.
    """

    def __init__(self, z_shape: Sequence[int], x_shape: Sequence[int]):
        self.grid, self.x_shape = z_shape[:2], x_shape
        self.patch = tuple(
            -(-x // z) for x, z in zip(x_shape[:2], self.grid, strict=True)
        )
        self.mlp = MLP(
            (3, 3, z_shape[2]),
            math.prod(self.patch) * x_shape[2],
            CHANNELS,
        )

    def start(self, count: int) -> list:
        """Fresh parameters, as those of `MLP`."""
        return self.mlp.start(count)

    def __call__(self, parameters, rows):
        """Images `[k, b, pixels]` for `Rows`."""
        count, size = rows.z.shape[:2]
        around = _neighbourhoods(rows.z)
        around = ops.reshape(around, (count, -1, around.shape[-1]))
        patches = ops.reshape(
            self.mlp.outputs(parameters, around),
            (count * size, *self.grid, *self.patch, self.x_shape[2]),
        )
        patches = ops.transpose(patches, (0, 1, 3, 2, 4, 5))
        height, width, channels = self.x_shape
        images = ops.reshape(
            patches,
            (
                count * size,
                self.grid[0] * self.patch[0],
                self.grid[1] * self.patch[1],
                channels,
            ),
        )[:, :height, :width]
        return ops.reshape(images, (count, size, -1))


def _neighbourhoods(z):
    """The 3x3 positions around each one, side by side: 9 times the channels."""
    height, width = z.shape[2:4]
    padded = ops.pad(z, ((0, 0), (0, 0), (1, 1), (1, 1), (0, 0)))
    return ops.concatenate(
        [
            padded[:, :, i : i + height, j : j + width]
            for i in range(3)
            for j in range(3)
        ],
        axis=-1,
    )


def normal_weights(
    shape: tuple[int, int], deviation: float, count: int, seed: int
) -> Tensor:
    """Normal weights `[count, rows, columns]`, alike for all.

    Rows are stretches of one pool that begin at random. The generators of the
    backends give other numbers on every device; NumPy's weights in full would
    be constants of many megabytes in the graph.
    """
    rows, columns = shape
    rng = np.random.default_rng(seed)
    pool = rng.normal(scale=deviation, size=POOL_SIZE + columns)
    starts = rng.integers(POOL_SIZE, size=(rows, 1)).astype("int32")
    weights = ops.take(
        ops.convert_to_tensor(pool.astype("float32")),
        ops.convert_to_tensor(starts) + ops.arange(columns, dtype="int32"),
    )
    return ops.repeat(weights[None], count, axis=0)
