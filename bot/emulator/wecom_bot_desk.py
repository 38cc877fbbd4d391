"""What an AI bot may show in a chat, whichever way it came: counted, measured, put into the chat. A refusal is an errcode.

Written from the documentation alone: 企业微信开发者中心 › 智能机器人 › 被动回复 (101031), 模板卡片 (101032), 主动推送 (101138),
长连接 (101463), copies of 2025-12. Which code refuses a push to who never wrote is not documented; NEVER_WROTE is made up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.emulator import wecom_cards
from bot.emulator.records import BOT, DIRECT, SENT, WECOM, Chat, Message
from bot.emulator.wecom_bot_bodies import chat_id
from bot.emulator.world import World

TEXT_BYTES = 20480
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
A_MINUTE, AN_HOUR = 30, 1000
NEVER_WROTE = 846699


class BotError(Exception):
    """Becomes the errcode of the answer."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class BotDesk:
    """The chats as the bot reaches them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def chat(self, chat: str, kind: object = 0) -> Chat:
        """By a group's id or a userid, whatever its case. kind: 1 single, 2 group, 0 either. Raises BotError."""
        for found in self._world.chats():
            single = found.kind == DIRECT
            if found.platform != WECOM or (kind in (1, 2) and single != (kind == 1)):
                continue
            if chat_id(found) == chat or (single and found.address == chat.lower()):
                return found
        raise BotError(40058)

    def check_spoken(self, chat: Chat) -> None:
        """Somebody has to have written there before."""
        if not any(message.chat == chat.id and message.sender != BOT for message in self._world.messages()):
            raise BotError(NEVER_WROTE)

    def check_rate(self, chat: Chat) -> None:
        """Replies and pushes together; a refused one counts too."""
        in_minute = self._world.rates.count("wecom bot minute", chat.id, MINUTE)
        in_hour = self._world.rates.count("wecom bot hour", chat.id, HOUR)
        if in_minute > A_MINUTE or in_hour > AN_HOUR:
            raise BotError(45009)

    def words(self, body: dict[str, Any], kind: str) -> str:
        """The text of a markdown, text or stream part. Raises BotError."""
        part = body.get(kind)
        text = part.get("content") if isinstance(part, dict) else None
        if not isinstance(text, str) or not text:
            raise BotError(40058)
        if len(text.encode()) > TEXT_BYTES:
            raise BotError(45002)
        return text

    def say(self, chat: Chat, text: str) -> Message:
        return self._world.bot_says(chat, text=text, markdown=True)

    def show(self, chat: Chat, file_id: str, kind: str) -> Message:
        """An uploaded picture or file."""
        file = self._world.file(file_id)
        if file is None:
            raise BotError(40007)
        if kind == "image":
            return self._world.bot_says(chat, images=[file.id])
        return self._world.bot_says(chat, file=file.id, title=file.name)

    def card(self, chat: Chat, card: object) -> Message:
        """A new card, in a single chat. Raises BotError."""
        if chat.kind != DIRECT or not isinstance(card, dict):
            raise BotError(40058)
        what = _shown(card)
        if what["card"] and self._card(what["card"]["task_id"]) is not None:
            raise BotError(40058)  # a task_id serves once
        return self._world.bot_says(chat, **what)

    def update(self, task: str, card: object) -> Message:
        """A card is changed after a click: it must be the one that was clicked. Raises BotError."""
        message = self._card(task)
        if not isinstance(card, dict) or card.get("task_id") != task or message is None:
            raise BotError(40058)
        what = _shown(card)
        message.text, message.buttons, message.form = what["text"], what["buttons"], what["form"]
        self._world.change(message, SENT, "卡片更新过")
        return message

    def _card(self, task: str) -> Message | None:
        return next((one for one in self._world.messages() if one.card.get("task_id") == task), None)


def _shown(card: dict[str, Any]) -> dict[str, Any]:
    """A card as the app's are shown: the same kinds, the same fields."""
    try:
        return wecom_cards.shown(card)
    except wecom_cards.BadCard as error:
        raise BotError(error.code) from error
