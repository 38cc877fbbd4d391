"""What examples taught: its table adds up as plain arithmetic does, and it speaks where no rule knows a word."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.language.dialect import Dialect
from bot.language.examples import read_examples
from bot.language.experience import LONGEST, SCALE, Experience, grams, signs
from bot.language.rules import standard
from bot.language.understanding import Understander
from tests.language.learn import SCHOOL, Lesson, learn

EXAMPLES = read_examples(SCHOOL)
UNDERSTANDER = Understander(EXAMPLES.vocabulary)

_ROWS = st.dictionaries(
    st.text("水灯门漏坏", min_size=1, max_size=3), st.lists(st.integers(-400, 400), min_size=3, max_size=3)
)


def table(rows: dict[str, list[int]]) -> dict[str, object]:
    """Rows of three weights as the file has them."""
    flat = {
        gram: [each for number, weight in enumerate(row) for each in (number, weight)] for gram, row in rows.items()
    }
    return {"labels": ["a", "b", "c"], "bias": [3, 0, -5], "weights": flat}


@given(one=_ROWS, other=_ROWS, text=st.text("水灯门漏坏,", max_size=40))
def test_packed_weights_add_up_as_plain_ones(one: dict[str, list[int]], other: dict[str, list[int]], text: str) -> None:
    experience = Experience({"intents": table(one), "categories": table(other)})
    found = grams(text)
    for rows, opinion in ((one, experience.intent), (other, experience.category)):
        norm = 1 / (SCALE * math.sqrt(len(found) or 1))
        sums = [bias / SCALE for bias in (3, 0, -5)]
        for gram in found & rows.keys():
            sums = [each + weight * norm for each, weight in zip(sums, rows[gram], strict=True)]
        whole = sum(map(math.exp, sums))
        told = opinion(experience.weigh(found))
        for label, each in zip("abc", sums, strict=True):
            assert told.of(label) == pytest.approx(math.exp(each) / whole)


def test_a_lesson_is_learnt_the_same_way_twice() -> None:
    taught = [Lesson(tuple(sorted(grams(text))), label) for text, label in (("灯不亮", "lamp"), ("水漏了", "leak"))] * 2
    assert learn(taught) == learn(taught)
    experience = Experience({"intents": learn(taught), "categories": learn(taught)})
    assert experience.category(experience.weigh(grams("龙头漏水"))).best == "leak"


def test_names_leave_only_their_sign_and_a_long_text_costs_no_more() -> None:
    assert signs("博雅楼3楼灯坏", [(0, 3, "area"), (3, 5, "floor")]) == "αφ灯坏"
    assert grams("灯" * LONGEST + "门") == {"灯", "灯灯", "灯灯灯"}


def test_a_bad_table_is_one_line() -> None:
    with pytest.raises(ConfigError):
        Experience({"intents": {"labels": ["a"], "bias": [0], "weights": {"灯": [0]}}, "categories": table({})})


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("饮水机旁边的插座盖板没了", "electric"),
        ("楼道消火栓箱玻璃碎了", "fire"),
        ("手动报警按钮的玻璃片叫学生按碎了", "fire"),
        ("卖菜的把门口那条路堵死了，校车掉不过头来", "traffic"),
        ("热水器外壳摸着有点麻", "electric"),
    ],
)
def test_what_is_amiss_is_told_from_what_stands_by(said: str, category: str) -> None:
    read = UNDERSTANDER.understand(said, now=EXAMPLES.now, days=EXAMPLES.days)
    assert [item.category for item in read.items] == [category]


@pytest.mark.parametrize(
    "said",
    [
        "宿舍206有人拿热得快烧水，插座都熏黑了",
        "三楼水房窗户插销掉了，孩子能探出去半个身子",
        "楼道里头有股焦味，像是线皮子烤糊了",
        "汤桶没盖，旁边有苍蝇",
    ],
)
def test_what_follows_from_a_hazard_is_no_second_one(said: str) -> None:
    assert len(UNDERSTANDER.understand(said, now=EXAMPLES.now, days=EXAMPLES.days).items) == 1


@pytest.mark.parametrize(
    "said",
    [
        "她手上又添了几道，问她就说猫抓的，可她家没猫",
        "喝了没煮开的豆浆，四个住校生又吐又拉",
        "有个骑摩托的在门外转悠，拿糖逗一年级小孩",
        "水杯里叫人吐过唾沫，问她也不敢说是谁",
    ],
)
def test_an_incident_told_aslant_is_held_private(said: str) -> None:
    assert UNDERSTANDER.understand(said, now=EXAMPLES.now, days=EXAMPLES.days).private


@pytest.mark.parametrize(
    "said", ["吃完这盒月饼我血糖要爆炸了", "瓷砖烂了条口子，怕划到娃儿的手", "拔河把隔壁班杀得片甲不留"]
)
def test_a_figure_of_speech_or_a_fear_is_none(said: str) -> None:
    assert UNDERSTANDER.understand(said, now=EXAMPLES.now, days=EXAMPLES.days).intent != "incident"


def test_dialect_is_read_in_words_that_all_schools_share() -> None:
    dialect = standard().dialect
    assert dialect.plain("娃儿遭凼凼头的桶桶绊倒了") == "孩子被坑头的桶子绊倒了"
    assert dialect.plain("遭到投诉") == "遭到投诉"
    assert Dialect({}).plain("灯灯") == "灯灯"
