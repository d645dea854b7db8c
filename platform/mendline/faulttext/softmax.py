"""Multinomial logistic regression over sparse features, by L-BFGS; loaded only where something is learned."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Sparse(NamedTuple):
    """A matrix of texts by features, as its values with their rows and columns."""

    rows: Whole
    columns: Whole
    values: Floats
    shape: tuple[int, int]

    def times(self, weights: Floats) -> Floats:
        """Texts by classes: the product with weights of classes by features."""
        count = self.shape[0]
        return np.stack([np.bincount(self.rows, self.values * w[self.columns], count) for w in weights], axis=1)

    def transposed_times(self, residuals: Floats) -> Floats:
        """Classes by features: the product of its transpose with residuals of texts by classes, transposed."""
        width = self.shape[1]
        return np.stack([np.bincount(self.columns, self.values * r[self.rows], width) for r in residuals.T])


def softmax(logits: Floats) -> Floats:
    """Probabilities, each row adding up to 1."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]


def fit(texts: Sparse, labels: Whole, classes: int, penalty: float, weights: Floats) -> tuple[Floats, Floats]:
    """Weights (classes by features) and biases that minimise the weighted log-loss plus penalty/2 |weights|².

    labels: the class of each text, 0 to classes - 1. weights: how much each text counts. Biases go unpenalised.
    """
    width = texts.shape[1]
    truth = np.zeros((texts.shape[0], classes))
    truth[np.arange(texts.shape[0]), labels] = 1

    def loss(point: Floats) -> tuple[float, Floats]:
        w, b = point[:-classes].reshape(classes, width), point[-classes:]
        chances = softmax(texts.times(w) + b)
        told = -(weights * np.log(np.maximum(chances[truth > 0], 1e-300))).sum() + penalty / 2 * (w**2).sum()
        off = (chances - truth) * weights[:, None]
        slope = np.concatenate([(texts.transposed_times(off) + penalty * w).ravel(), off.sum(axis=0)])
        return float(told), slope

    point = minimise(loss, np.zeros(classes * width + classes))
    return point[:-classes].reshape(classes, width), point[-classes:]


def minimise(
    loss: Callable[[Floats], tuple[float, Floats]], point: Floats, rounds: int = 200, memory: int = 10
) -> Floats:
    """Where a smooth convex function is smallest: L-BFGS with a backtracking line search (Nocedal and Wright, 7.4).

    loss: the value and the slope at a point. Ends when the slope has nearly gone or no step goes further down.
    """
    value, slope = loss(point)
    steps: list[tuple[Floats, Floats, float]] = []
    enough = 1e-3 * max(1.0, float(np.abs(slope).max()))
    for _ in range(rounds):
        if np.abs(slope).max() <= enough:
            break
        direction = -_inverse_hessian_times(slope, steps)
        downhill = float(slope @ direction)
        length = 1.0 if steps else 1 / max(1.0, float(np.linalg.norm(slope)))
        while True:
            there = point + length * direction
            next_value, next_slope = loss(there)
            if next_value <= value + 1e-4 * length * downhill:
                break
            length /= 2
            if length < 1e-12:
                return point
        moved, turned = there - point, next_slope - slope
        curvature = float(moved @ turned)
        if curvature > 1e-12:
            steps = [*steps, (moved, turned, curvature)][-memory:]
        point, value, slope = there, next_value, next_slope
    return point


def _inverse_hessian_times(slope: Floats, steps: Sequence[tuple[Floats, Floats, float]]) -> Floats:
    """The two-loop recursion."""
    result = slope.copy()
    shares = []
    for moved, turned, curvature in reversed(steps):
        share = float(moved @ result) / curvature
        shares.append(share)
        result -= share * turned
    if steps:
        _, turned, curvature = steps[-1]
        result *= curvature / float(turned @ turned)
    for (moved, turned, curvature), share in zip(steps, reversed(shares), strict=True):
        result += (share - float(turned @ result) / curvature) * moved
    return result
