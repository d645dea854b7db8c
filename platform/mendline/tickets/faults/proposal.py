"""What is proposed of a fault's text at intake: dangers first, then a code by the organisation's own model."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from mendline.faulttext import find_dangers
from mendline.tickets.faults.model import current_model

PROPOSALS = ("danger", "proposed", "unsure", "no_model")
"""What came of it. A danger stands above whatever else was found; without a model only dangers are looked for."""


class FaultProposal(Struct, frozen=True):
    """A proposal, which a person confirms or corrects by saying the fault's code.

    dangers: [{kind, words}]. code: the proposed one, None below the model's cut-off. confidence: 0 to 1, calibrated.
    words: of the text, that spoke for it. model: the number of the version that was asked.
    """

    outcome: str
    dangers: list[dict[str, Any]]
    code: str | None = None
    confidence: float | None = None
    words: list[str] = []
    model: int | None = None


async def propose(organisation: UUID, symptom: str) -> FaultProposal:
    """Classifies the text of a report to this organisation, in the current transaction.

    The model never takes a danger back: it is not even asked about it.
    """
    dangers = [{"kind": danger.kind, "words": list(danger.words)} for danger in find_dangers(symptom)]
    current = await current_model(organisation)
    if current is None:
        return FaultProposal("danger" if dangers else "no_model", dangers)
    guess = current.model.predict(symptom)
    if current.cut_off is None or guess.confidence < current.cut_off:
        return FaultProposal("danger" if dangers else "unsure", dangers, model=current.number)
    return FaultProposal(
        outcome="danger" if dangers else "proposed",
        dangers=dangers,
        code=guess.label,
        confidence=round(guess.confidence, 3),
        words=list(guess.words),
        model=current.number,
    )
