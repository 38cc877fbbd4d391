"""The emulator's end of WeCom's long connection, as another hand's client sees it: the Python package wecom-aibot-sdk."""

from __future__ import annotations

import asyncio
import gc
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from wecom_aibot_sdk import WSClient

from bot.clock import TurnedClock
from bot.emulator import demo
from bot.emulator.wecom_bot_stream_road import StreamRoad
from bot.emulator.world import World
from tests.kit.lines import wecom_line


def jpeg() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (32, 24), "orange").save(content, "JPEG")
    return content.getvalue()


async def play(world: World, road: StreamRoad) -> None:
    got: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
    client = WSClient(bot_id=demo.BOT_ID, secret=demo.BOT_SECRET, ws_url=road.url)
    for event in (
        "message.text",
        "message.image",
        "message.mixed",
        "event.template_card_event",
        "event.disconnected_event",
    ):
        client.on(event, lambda frame, event=event: got.put_nowait((event, frame)))
    await client.connect()
    assert await asyncio.to_thread(road.connected.wait, 5)
    chat = world.direct("wang", "wecom")

    async def said(text: str, images: int = 0) -> tuple[str, Any]:
        await asyncio.to_thread(world.say, "wang", chat.id, text, [("a.jpg", jpeg())] * images)
        return await asyncio.wait_for(got.get(), 5)

    event, frame = await said("今天谁值班")
    assert (event, frame["body"]["text"]["content"]) == ("message.text", "今天谁值班")
    await client.reply_stream(frame, "st-1", "<think></think>", False)
    await client.reply_stream(frame, "st-1", "**王老师**", True)
    assert world.messages()[-1].text == "**王老师**"

    event, frame = await said("", 1)
    assert event == "message.image"
    image = frame["body"]["image"]
    assert (await client.download_file(image["url"], image["aeskey"]))["buffer"] == jpeg()
    assert (await said("漏水", 1))[0] == "message.mixed"

    await client.send_message("wangxiaoyan", {"msgtype": "markdown", "markdown": {"content": "请交表"}})
    assert world.messages()[-1].text == "请交表"

    uploaded = await client.upload_media(b"x" * 1_200_000, type="file", filename="名单.xlsx")
    await client.send_media_message("wangxiaoyan", "file", uploaded["media_id"])
    assert world.messages()[-1].title == "名单.xlsx"

    card = {
        "card_type": "button_interaction",
        "main_title": {"title": "复查"},
        "button_list": [{"text": "通过", "style": 1, "key": "复查 1 通过"}],
        "task_id": "task-1",
    }
    await client.send_message("wangxiaoyan", {"msgtype": "template_card", "template_card": card})
    await asyncio.to_thread(world.press, "wang", world.messages()[-1].id, "复查 1 通过")
    event, frame = await asyncio.wait_for(got.get(), 5)
    assert event == "event.template_card_event"
    closed = {
        "card_type": "text_notice",
        "main_title": {"title": "已通过"},
        "card_action": {"type": 1, "url": "https://work.weixin.qq.com"},
        "task_id": "task-1",
    }
    await client.update_template_card(frame, closed)
    assert [each.text for each in world.messages() if each.card] == ["已通过"]

    second = WSClient(bot_id=demo.BOT_ID, secret=demo.BOT_SECRET, ws_url=road.url)
    await second.connect()
    assert (await asyncio.wait_for(got.get(), 5))[0] == "event.disconnected_event"
    await second.disconnect()
    await client.disconnect()


# thrown out, that client forgets to close its socket
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_the_python_client_hears_answers_pushes_uploads_changes_a_card_and_is_thrown_out(tmp_path: Path) -> None:
    line = wecom_line(tmp_path / "emulator", TurnedClock(tmp_path / "clock.json"))
    # in a thread of its own: the browser of other tests leaves a loop running in this one
    with line as (world, road), ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(play(world, road))).result()
    gc.collect()
