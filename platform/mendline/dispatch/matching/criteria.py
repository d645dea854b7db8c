"""All criteria of matching: the hard ones, then the soft ones and what they weigh."""

from mendline.dispatch.matching.criterion import Criterion
from mendline.dispatch.matching.hard import HARD
from mendline.dispatch.matching.soft import SOFT

CRITERIA: tuple[Criterion, ...] = (*HARD, *SOFT)

WEIGHTS = {criterion.name: criterion.weight for criterion in SOFT if criterion.weight is not None}
"""The weight of each soft criterion where an organisation says nothing else."""

SHUT_OUT = tuple(why for criterion in HARD for why in criterion.shuts_out)
"""Every reason for which somebody falls out."""
