"""WeCom refuses the school's address: nothing is lost, the operator reads which address to enter, and one command sends it on."""

from __future__ import annotations

from functools import partial

import pytest

from bot.doctor import queues
from bot.store import waiting
from tests.kit.stage import Stage


@pytest.mark.on("wecom app")
def test_what_an_untrusted_address_kept_back_goes_out_once_it_is_entered(school: Stage) -> None:
    school.world.faults.switch("untrusted_ip", True)
    assert school.says("王小燕", "隐患 三楼东侧消防栓漏水") == []
    refused = [line for line in queues.look(school.app) if "没发出去" in line.line]
    assert refused
    assert all("企业可信 IP" in line.line and "203.0.113.7" in line.line for line in refused)
    assert all("xiaoling resend" in line.todo for line in refused)
    school.world.faults.switch("untrusted_ip", False)
    resend = partial(waiting.resend, letter_ids=(), now=school.clock.now())
    said = school.happens(lambda: school.app.writer.do(resend))
    assert len([line for line in said if line.startswith("bot → ")]) == len(refused)
    assert any(line.startswith("bot → 王小燕: ") for line in said)
    assert school.happens(school.settle) == []
