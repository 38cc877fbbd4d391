"""Groups that an app of the emulated school made itself (应用群聊): who is in them, whose they are, which app may write there.

Source: 企业微信开发者中心 › 应用推送消息到群聊会话 (90244 to 90248), copies of 2023 to 2025.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.emulator.records import GROUP, WECOM, Chat, Person, Refused
from bot.emulator.wecom_door import WecomError, sees

if TYPE_CHECKING:
    from bot.emulator.world import World

NAME, FEWEST, MOST = 50, 2, 2000
"""Characters of a name, members of a group."""

OTHER_APP = 1000009
"""Another app of the same company."""

ONLY_READ = "这是应用自己建的群，应用只能发，听不见。"
_ID = re.compile(r"[0-9A-Za-z]{1,32}")


def create(
    world: World, agent: int, name: str, owner: str, accounts: Sequence[str], chatid: str = ""
) -> tuple[str, Chat]:
    """Make a group; it shows once something was said in it. owner: "" is the first member. Raises WecomError.

    chatid: "" leaves it to the platform. Which errcode one that is taken gets, nobody has written down.
    """
    if chatid and not _ID.fullmatch(chatid):
        raise WecomError(86001)
    chatid = chatid or secrets.token_hex(16)
    if _of(world, chatid) is not None:
        raise WecomError(86001)
    people = _members(world, accounts)
    chat = Chat(
        _chat_id(chatid), WECOM, GROUP, _name(name), tuple(one.id for one in people), "", hears=False, note=ONLY_READ,
        owner=_owner(world, owner or people[0].wecom, people), agent=agent,
    )  # fmt: skip
    world.keep_chat(chat)
    return chatid, chat


def change(
    world: World,
    agent: int,
    chatid: str,
    name: str = "",
    owner: str = "",
    add: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> None:
    """Rename it, give it to another member, take people in or out. Raises WecomError."""
    chat = the_group(world, agent, chatid)
    gone = {account.lower() for account in drop}
    now = [world.person(one).wecom for one in chat.members]
    people = _members(world, [account for account in (*now, *add) if account.lower() not in gone])
    world.keep_chat(
        replace(
            chat,
            title=_name(name) if name else chat.title,
            owner=_owner(world, owner or world.person(chat.owner).wecom, people),
            members=tuple(one.id for one in people),
        )
    )


def the_group(world: World, agent: int, chatid: str) -> Chat:
    """The group of this id, for the app that made it. Raises WecomError."""
    chat = _of(world, chatid)
    if chat is None:
        raise WecomError(86003)
    if chat.agent != agent:
        raise WecomError(86008)
    return chat


def check_scope(world: World) -> None:
    """Only an app that sees the whole company may have groups. Raises WecomError."""
    if world.faults.on("part_scope"):
        raise WecomError(60011)


def _of(world: World, chatid: str) -> Chat | None:
    try:
        return world.chat(_chat_id(chatid))
    except Refused:
        return None


def _chat_id(chatid: str) -> str:
    return f"{WECOM}-appchat-{chatid}"


def _name(name: str) -> str:
    if not name.strip() or len(name) > NAME:
        raise WecomError(86004)
    return name


def _members(world: World, accounts: Sequence[str]) -> list[Person]:
    """Each once. Raises WecomError for too few, too many, or one that the app does not see."""
    people: list[Person] = []
    for account in accounts:
        person = world.with_account(WECOM, account)
        if person is None or not sees(world, person):
            raise WecomError(86007)
        people += [] if person in people else [person]
    if not FEWEST <= len(people) <= MOST:
        raise WecomError(86006)
    return people


def _owner(world: World, account: str, people: Sequence[Person]) -> str:
    person = world.with_account(WECOM, account)
    if person is None or person not in people:
        raise WecomError(86005)
    return person.id
