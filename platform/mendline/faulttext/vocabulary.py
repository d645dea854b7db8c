"""The vocabulary of a model: which n-grams it knows, how rare each one is, and what a text is in its terms."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

SEEN = 2
"""In how many texts an n-gram must be to be learned."""

MOST = 20_000
"""How many n-grams a model knows at most; the commonest are kept."""

Vector = list[tuple[int, float]]


class Vocabulary:
    """N-grams with the rarity of each: ln((1 + texts) / (1 + texts with it)) + 1, as scikit-learn smooths it."""

    def __init__(self, grams: Sequence[str], rarity: Sequence[float]) -> None:
        self.grams = tuple(grams)
        self.rarity = tuple(rarity)
        self._places = {gram: place for place, gram in enumerate(self.grams)}

    def vector(self, grams: Iterable[str]) -> Vector:
        """The known n-grams of a text by place: (1 + ln count) x rarity, scaled to length 1; empty if none is known."""
        places = self._places
        counts = Counter(places[gram] for gram in grams if gram in places)
        weighed = [(place, (1 + math.log(count)) * self.rarity[place]) for place, count in counts.items()]
        length = math.sqrt(sum(value * value for _, value in weighed))
        return [(place, value / length) for place, value in weighed]

    def place(self, gram: str) -> int | None:
        """Where an n-gram stands, or None when it is not known."""
        return self._places.get(gram)


def vocabulary_of(documents: Sequence[Iterable[str]]) -> Vocabulary:
    """The vocabulary of these texts, each given as its n-grams."""
    holding = Counter(gram for document in documents for gram in set(document))
    known = [gram for gram, count in holding.most_common(MOST) if count >= SEEN]
    known.sort()
    return Vocabulary(known, [math.log((1 + len(documents)) / (1 + holding[gram])) + 1 for gram in known])
