"""Slack's markup becomes HTML that no tenant text can break out of."""

import re

from hypothesis import given
from hypothesis import strategies as st

from mendline_bots.standins.slack.mrkdwn import broadcasts, escape, to_html, unescape

NAMES = {"U1": "陈工", "C1": "ops"}


def render(text: str) -> str:
    """HTML with the names of two ids known."""
    return to_html(text, lambda name: NAMES.get(name, name))


def test_markup() -> None:
    assert render("*维修* _now_ ~old~ `a*b*`") == "<strong>维修</strong> <em>now</em> <s>old</s> <code>a*b*</code>"
    assert render("<@U1> in <#C1|ops>") == '<span class="mention">@陈工</span> in <span class="mention">#ops</span>'
    assert render("<https://x.test/?a=1&amp;b=2|open *it*>").startswith('<a href="https://x.test/?a=1&amp;b=2"')
    assert render("> quoted\nplain") == "&gt; quoted<br>plain".replace("&gt; quoted", "<blockquote>quoted</blockquote>")
    assert render("&lt;!channel&gt; &amp;amp;") == "&lt;!channel&gt; &amp;amp;"
    assert render("<javascript:alert(1)|x>") == "&lt;javascript:alert(1)|x&gt;"


def test_broadcasts() -> None:
    assert broadcasts("<!channel> <!here|here>", None) == ["channel", "here"]
    assert (
        broadcasts(escape("<!channel>"), [{"type": "section", "text": {"type": "plain_text", "text": "<!here>"}}]) == []
    )
    assert broadcasts("", [{"type": "context", "elements": [{"type": "mrkdwn", "text": "<!subteam^S1>"}]}]) == [
        "subteam^S1"
    ]


@given(st.text(alphabet="<>&*_~`|@#!\"' \n\x00\x01axU1http://s:;", max_size=60))
def test_only_our_own_tags_come_out(text: str) -> None:
    tags = re.findall(r"<[^>]*>?", render(text))
    link = r' href="[^"<>]*" target="_blank" rel="[a-z ]+"'
    allowed = rf'</?(strong|em|s|code|pre|br|a|span|blockquote)( class="mention"|{link})?>'
    assert all(re.fullmatch(allowed, tag) for tag in tags), tags
    assert render(escape(text)).count("<a ") == 0


@given(st.text(max_size=60))
def test_typed_text_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text
