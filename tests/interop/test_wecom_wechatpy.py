"""The emulator's groups that an app makes, and its groups with parents, as wechatpy's own client for WeCom calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from wechatpy.exceptions import WeChatClientException

from bot.clock import TurnedClock
from bot.emulator import demo, wecom_customers
from bot.emulator.app import EmulatorServer
from bot.emulator.world import World
from tests.interop.wechatpy_client import led_to


def test_its_calls_do_what_they_say(tmp_path: Path) -> None:
    world = World(tmp_path, TurnedClock(tmp_path / "clock.json"), "http://127.0.0.1:9")
    with (
        EmulatorServer(world) as server,
        led_to(server.url) as app,
        led_to(server.url, demo.CUSTOMERS_SECRET) as customers,
    ):
        made = app.appchat.create("g1", "通知群", "wujing", ["wujing", "limin"])
        assert made["chatid"] == "g1"
        app.appchat.update("g1", add_user_list=["chenxiao"])
        app.appchat.send_text("g1", "开会")
        info = app.appchat.get("g1")
        assert (info["name"], info["owner"], info["userlist"]) == ("通知群", "wujing", ["wujing", "limin", "chenxiao"])
        assert world.messages()[-1].text == "开会"
        with pytest.raises(WeChatClientException) as caught:
            app.appchat.get("g2")
        assert caught.value.errcode == 86003

        contact = customers.external_contact
        listed = contact.get_group_chat_list(100, owner_filter={"userid_list": ["chenxiao"]})["group_chat_list"]
        (room,) = [one["chat_id"] for one in listed]
        assert contact.get_group_chat_info(room)["group_chat"]["owner"] == "chenxiao"
        template = {"chat_type": "group", "chat_id_list": [room], "sender": "chenxiao", "text": {"content": "带跳绳"}}
        assert wecom_customers.confirm(world, "chen", contact.add_msg_template(template)["msgid"]) == ""
        assert (world.messages()[-1].sender, world.messages()[-1].text) == ("chen", "带跳绳")
    world.close()
