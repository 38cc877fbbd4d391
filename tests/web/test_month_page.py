"""The records behind a month's figures: opened by the link in the leaders' copy, by nothing else."""

from __future__ import annotations

import re

import pytest

from bot.links import Purpose
from bot.render import ALBUM_LASTS
from tests.kit.stage import Stage

LINK = re.compile(r"https?://[^/\s]+(/m/[^\s)]+)")


def asked_for(school: Stage) -> str:
    """The path in what the principal was told."""
    school.says("王小燕", "教学楼三楼东侧灭火器压力不足")
    school.says("郑凯", "三2班有个孩子从单杠上摔下来了")
    school.says("张建国", "汇总")
    room = school.room("张建国").id
    said = [line.text for line in school.world.messages() if line.chat == room and line.sender == "bot"]
    found = [match[1] for text in said if (match := LINK.search(text))]
    assert found, said
    return found[-1]


@pytest.mark.on("wecom app")
def test_every_number_has_its_records(school: Stage) -> None:
    page = school.app.web.test_client().get(asked_for(school))
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "11月的记录" in text
    assert "教学楼三楼东侧灭火器压力不足" in text
    assert "整改中，赵海峰，11月26日（周四）到期" in text
    assert "单杠" not in text, "an incident is nobody's reading but of those who were told"


@pytest.mark.on("wecom app")
def test_a_changed_link_opens_nothing(school: Stage) -> None:
    path = asked_for(school)
    client = school.app.web.test_client()
    assert client.get(path[:-9] + ("A" if path[-9] != "A" else "B") + path[-8:]).status_code == 404
    assert client.get(path.replace("/m/", "/r/")).status_code == 404


@pytest.mark.on("wecom app")
def test_the_photos_of_an_incident_are_under_no_hazards_name(school: Stage) -> None:
    school.says("王小燕", "教学楼三楼东侧灭火器压力不足")
    school.says("郑凯", "三2班有个孩子从单杠上摔下来了", 1)
    path = "/" + school.app.links.make(Purpose.ALBUM, "incident-1", ALBUM_LASTS).split("/", 3)[3]
    text = school.app.web.test_client().get(path).get_data(as_text=True)
    assert "灭火器" not in text
