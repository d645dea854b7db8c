"""No safety word is ever missed: whatever stands around it, however it is spelled, whatever is said against it."""

from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline.faulttext import SAFETY_WORDS, find_dangers
from support.fault_texts import chinese, dangers

TRADITIONAL = str.maketrans(
    "烟烧电击触气药渗员儿烫着泄浓雾灾壳护医会试剂体点带发里熔过热温红闸线铜丝绝缘进断闻异难蚀洒喷"
    "溅滩积关压抢术夹伤坠绊划肿晕动锁刹妇产宝错报响没无声阀联连误灭霉块迹针锐银头损坏泼实际时输还",
    "煙燒電擊觸氣藥滲員兒燙著洩濃霧災殼護醫會試劑體點帶發裡鎔過熱溫紅閘線銅絲絕緣進斷聞異難蝕灑噴"
    "濺灘積關壓搶術夾傷墜絆劃腫暈動鎖剎婦產寶錯報響沒無聲閥聯連誤滅黴塊跡針銳銀頭損壞潑實際時輸還",
)
NOT_SEEN = ("\u200b", "\u00ad", "\ufeff", "\u2060", "\u200d", "\u0301", "\u0336", "\ufe0f", "\x07")

ENGLISH = [(kind, stem) for kind, (stems, _) in SAFETY_WORDS.items() for stem in stems]
CHINESE = [(kind, word) for kind, (_, words) in SAFETY_WORDS.items() for word in words]

full_width = str.maketrans({chr(sign): chr(sign + 0xFEE0) for sign in range(0x21, 0x7F)})
apart = st.sampled_from([" ", "  ", ".", "-", "_", "\n", "、", "\u3000", "…"])


@st.composite
def english(draw):
    """A stem as people, phones and pastes spell it."""
    kind, word = draw(st.sampled_from(ENGLISH))
    spell = draw(st.sampled_from(["plain", "upper", "title", "wide", "mixed", "apart", "unseen", "broken"]))
    at = draw(st.integers(1, len(word) - 1))
    spelled = {
        "plain": lambda: word,
        "upper": word.upper,
        "title": word.title,
        "wide": lambda: word.translate(full_width),
        "mixed": lambda: "".join(c.upper() if draw(st.booleans()) else c for c in word),
        "apart": lambda: draw(apart).join(word),
        "unseen": lambda: draw(st.sampled_from(NOT_SEEN)).join(word),
        "broken": lambda: word[:at] + "-\n" + word[at:],
    }[spell]()
    return kind, spelled


@st.composite
def in_chinese(draw):
    """A word in simplified or traditional characters, joined or apart."""
    kind, word = draw(st.sampled_from(CHINESE))
    if draw(st.booleans()):
        word = word.translate(TRADITIONAL)
    between = draw(st.one_of(st.just(""), apart, st.sampled_from(NOT_SEEN)))
    return kind, between.join(word)


@given(st.one_of(english(), in_chinese()), st.text(max_size=120), st.text(max_size=120))
def test_a_safety_word_is_found_in_any_text_at_any_place_in_any_spelling(known, before, after):
    kind, word = known
    assert kind in [danger.kind for danger in find_dangers(before + word + after)], (before, word, after)


@given(st.one_of(english(), in_chinese()), st.sampled_from(chinese("test")), st.integers(0, 40))
def test_nor_is_it_missed_within_a_fault_text(known, labelled, at):
    kind, word = known
    text = labelled[0]
    assert kind in [danger.kind for danger in find_dangers(text[:at] + word + text[at:])]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("No smoke, no burning smell any more", ["smoke", "burn", "gas"]),
        ("没有冒烟，也没有焦味", ["smoke", "burn"]),
        ("机器后面冒了一股煙，有燒焦味", ["smoke", "burn"]),
        ("護士說被電了一下", ["shock"]),
        ("ＳＭＯＫＥ from the rear", ["smoke"]),
        ("it was smok-\ning", ["smoke"]),
        ("The nurse felt a tingle; possible electric SHOCK", ["shock"]),
        ("透析液渗漏，病人身上湿了", ["leak", "patient"]),
        ("摸外殼手麻，外殼帶電", ["shock"]),
        ("Leakage under the pump; p a t i e n t wet", ["leak", "patient"]),
        ("CT 球管漏冷却液", ["leak"]),
        ("洗片机漏显影液，地上有", ["leak"]),
        ("湿化器往下滴水", ["leak"]),
        ("Water is dripping from the humidifier", ["leak"]),
        ("Bare wires at the mains lead, keeps tripping the breaker", ["wiring"]),
        ("The alarm didn't sound; it wont alarm at all", ["alarm"]),
        ("電線皮破了，銅絲露出來", ["wiring"]),
        ("氧氣供氧壓力不足，血氧下降", ["breathing"]),
        ("病床护栏断裂，老人摔下来", ["injury"]),
        ("报警不停", []),
        ("触控没有响应，读不出血压", []),
        ("彩超压力探头归零不成功", []),
        ("ECG trace faint, test strips missing", []),
        ("开机自检不过，显示 E05", []),
        ("display flickers, restart helps", []),
        ("聚焦不准", []),
        ("充电到80%就停了", []),
        ("反渗透水机报警", []),
    ],
)
def test_what_people_write_is_read_as_they_mean_it_or_worse(text, kinds):
    assert [danger.kind for danger in find_dangers(text)] == kinds


def test_traditional_characters_are_read_in_every_word():
    assert [(k, w) for k, w in CHINESE if k not in {d.kind for d in find_dangers(w.translate(TRADITIONAL))}] == []


def test_what_the_words_do_not_cover_grows_no_more():
    """Synthetic texts that were written apart from the words, and of which half was never looked at when they grew."""
    for language, noticed, flagged in (("zh", 0.7, 0.06), ("en", 0.6, 0.07)):
        held = [told for told in dangers() if told.part == "held" and told.language == language]
        for harmless, least, most in ((False, noticed, 1.0), (True, 0.0, flagged)):
            share = mean(bool(find_dangers(told.text)) for told in held if told.harmless == harmless)
            assert least <= share <= most, (language, harmless, share)


def test_the_words_are_told_as_they_stand():
    (danger,) = find_dangers("Unit was SMOKING, then smoke again")
    assert danger.words == ("smoking", "smoke")


@pytest.mark.parametrize("sign", ["a", "冒", "s ", "\u200b", "-\n", "漏 ", "smok", "."])
def test_a_giant_text_of_anything_is_read_to_its_end(sign):
    giant = sign * (200_000 // len(sign))
    assert "smoke" in [danger.kind for danger in find_dangers(giant + " 冒烟")]
    assert all(len(word) <= 41 for danger in find_dangers(giant) for word in danger.words)
