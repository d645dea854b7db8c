"""A learned model: read from its bytes, it names the category of a text in pure Python, within a millisecond.

No library is loaded to predict: a process that only asks a model pays for the model alone.
"""

import math
import sys
import zlib
from array import array
from typing import NamedTuple

import msgspec

from mendline.faulttext.grams import CHINESE, Gram, grams, stretches
from mendline.faulttext.normalise import normalise
from mendline.faulttext.vocabulary import Vocabulary

WORDS_TOLD = 3
"""How many of the words that counted are told."""

LARGEST = 64 * 1024 * 1024
"""Bytes of a model once it is unpacked."""


class Prediction(NamedTuple):
    """The likeliest category, how sure the model is (0 to 1, calibrated), and the words that counted most for it."""

    label: str
    confidence: float
    words: tuple[str, ...]


class Weights(msgspec.Struct, frozen=True):
    """What is stored of a model. rarity, weights: little-endian float32; weights lie n-gram after n-gram.

    temperature: what logits are divided by, so that confidence is the share of the right ones (Guo et al., 2017).
    """

    labels: tuple[str, ...]
    grams: tuple[str, ...]
    rarity: bytes
    weights: bytes
    biases: tuple[float, ...]
    temperature: float


class Model:
    """A classifier of fault texts."""

    def __init__(self, stored: Weights) -> None:
        self.labels = stored.labels
        self._vocabulary = Vocabulary(stored.grams, _floats(stored.rarity))
        self._weights = _floats(stored.weights)
        self._biases = stored.biases
        self._temperature = stored.temperature
        classes = len(stored.labels)
        right = len(self._vocabulary.rarity) == len(stored.grams) and len(self._biases) == classes >= 2
        if not right or len(self._weights) != len(stored.grams) * classes or not stored.temperature > 0:
            raise ValueError("the parts of the model do not fit together")

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes: an n-gram costs some two hundred in a dictionary."""
        return 200 * len(self._vocabulary.grams) + 4 * len(self._weights)

    def predict(self, text: str) -> Prediction:
        """The likeliest category of a text as people typed it."""
        plain = normalise(text)
        found = list(grams(plain))
        vector = self._vocabulary.vector(gram.text for gram in found)
        classes = len(self.labels)
        logits = list(self._biases)
        for place, value in vector:
            row = self._weights[place * classes : (place + 1) * classes]
            for label, weight in enumerate(row):
                logits[label] += value * weight
        chances = _softmax([logit / self._temperature for logit in logits])
        first, second = sorted(range(classes), key=chances.__getitem__, reverse=True)[:2]
        gains = {
            place: value * (self._weights[place * classes + first] - self._weights[place * classes + second])
            for place, value in vector
        }
        return Prediction(self.labels[first], chances[first], _words(plain, self._by_sign(plain, found, gains)))

    def _by_sign(self, plain: str, found: list[Gram], gains: dict[int, float]) -> list[float]:
        """What each character gave for the first category over the second: n-grams share theirs out evenly."""
        shares = [0.0] * len(plain)
        for gram in found:
            place = self._vocabulary.place(gram.text)
            if place is not None and gram.end > gram.start:
                for at in range(gram.start, gram.end):
                    shares[at] += gains[place] / (gram.end - gram.start)
        return shares


def _words(plain: str, shares: list[float]) -> tuple[str, ...]:
    """The words that gave most; of Chinese, which has no spaces, the runs of characters that gave something."""
    weighed: dict[str, float] = {}
    for start, end in stretches(plain):
        if not CHINESE.match(plain[start]):
            pieces = [(start, end)]
        else:
            pieces, begun = [], None
            for at in range(start, end + 1):
                gives = at < end and shares[at] > 0
                if gives and begun is None:
                    begun = at
                elif not gives and begun is not None:
                    pieces.append((begun, at))
                    begun = None
        for begins, ends in pieces:
            weighed[plain[begins:ends]] = weighed.get(plain[begins:ends], 0.0) + sum(shares[begins:ends])
    best = sorted((word for word in weighed if weighed[word] > 0), key=weighed.__getitem__, reverse=True)
    return tuple(best[:WORDS_TOLD])


def _softmax(logits: list[float]) -> list[float]:
    most = max(logits)
    raised = [math.exp(logit - most) for logit in logits]
    return [value / sum(raised) for value in raised]


def _floats(stored: bytes) -> "array[float]":
    made = array("f")
    made.frombytes(stored)
    if sys.byteorder == "big":
        made.byteswap()
    return made


def pack(weights: Weights) -> bytes:
    """A model as bytes: MessagePack, compressed. Reading it runs no code, as a pickle would."""
    return zlib.compress(msgspec.msgpack.encode(weights))


def load(packed: bytes) -> Model:
    """The model in these bytes. Raises ValueError for what is no model."""
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(packed, LARGEST)
        if not unpacking.eof:
            raise ValueError("the model is cut off, or too large")
        return Model(msgspec.msgpack.decode(plain, type=Weights))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(f"no model: {error}") from None
