"""What a text was found to speak of has its word in both languages, and so has how a ticket ended."""

import pytest

from mendline.app.domains import load_domains
from mendline.faulttext import SAFETY_WORDS
from mendline.kernel import say
from mendline.tickets import TICKET_OUTCOMES


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_kind_of_danger_and_every_outcome_has_its_word(locale):
    load_domains()
    names = [*(f"danger.{kind}" for kind in SAFETY_WORDS), *(f"outcome.{outcome}" for outcome in TICKET_OUTCOMES)]
    assert [name for name in names if say(name, locale) == name] == []
