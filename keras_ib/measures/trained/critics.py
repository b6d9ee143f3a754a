"""Critics: how well a sample of Z goes with one of its target."""

from collections.abc import Sequence
import math

from keras import ops

from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.trained.loop import Rows
from keras_ib.measures.trained.networks import MLP, normal_weights

# Numbers to which a critic reduces Z and its target before they meet.
EMBEDDING = 32
HIDDEN = 64
# Pairs beyond so many are scored one number of the embedding at a time.
MOST_PAIRS = 2**16


class Separable:
    """Scores `[k, b, c]`: scalar products of two embeddings.

    An embedding is a linear map plus a network with one hidden layer, so that
    what is linear need not be learned piece by piece.
    """

    def __init__(self, z_shape: Sequence[int], target_size: int):
        self.sizes = math.prod(z_shape), target_size
        self.mlps = [MLP((d,), EMBEDDING, HIDDEN) for d in self.sizes]

    def start(self, count: int) -> list:
        """Fresh parameters of `count` critics, the same at every time."""
        parameters = []
        for seed, (size, mlp) in enumerate(
            zip(self.sizes, self.mlps, strict=True)
        ):
            scale = 0.3 / math.sqrt(size)
            linear = normal_weights((size, EMBEDDING), scale, count, 3 + seed)
            parameters += [*mlp.start(count), linear]
        return parameters

    def __call__(self, parameters: list, rows: Rows) -> Tensor:
        z, target = self.embeddings(parameters, rows)
        return ops.matmul(z, ops.transpose(target, (0, 2, 1)))

    def embeddings(self, parameters: list, rows: Rows) -> list:
        """`[k, b, EMBEDDING]` of Z and `[k, c, EMBEDDING]` of the target."""
        count, num_rows = rows.z.shape[:2]
        z = ops.reshape(rows.z, (count, num_rows, self.sizes[0]))
        target = ops.broadcast_to(rows.target, (count, *rows.target.shape))
        return [
            mlp.outputs(own[:4], values) + ops.matmul(values, own[4])
            for mlp, values, own in zip(
                self.mlps,
                (z, target),
                (parameters[:5], parameters[5:10]),
                strict=True,
            )
        ]


class Joint(Separable):
    """Scores `[k, b, c]`: a network that reads Z and target together.

    Its hidden layer is the ReLU of the sum of the two embeddings.
    """

    def start(self, count: int) -> list:
        """Fresh parameters of `count` critics, the same at every time."""
        scale = 1 / math.sqrt(EMBEDDING)
        last = normal_weights((EMBEDDING, 1), scale, count, 5)
        return [*super().start(count), last]

    def __call__(self, parameters: list, rows: Rows) -> Tensor:
        z, target = self.embeddings(parameters, rows)
        last = parameters[10]
        if z.shape[1] * target.shape[1] <= MOST_PAIRS:
            hidden = ops.relu(z[:, :, None] + target[:, None])
            return ops.matmul(hidden, last[:, None])[..., 0]

        def add(unit, scores):
            a, b, v = (
                ops.take(values, unit, axis=axis)
                for values, axis in ((z, 2), (target, 2), (last, 1))
            )
            return scores + v[:, None] * ops.relu(a[:, :, None] + b[:, None])

        scores = ops.zeros((*z.shape[:2], target.shape[1]))
        return ops.fori_loop(0, EMBEDDING, add, scores)
