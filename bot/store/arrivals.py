"""Rows that exist because somebody spoke, or is about to be spoken to: found, or made at the first word.

This is the path of every message, so its questions are built once, and what is known already is found with one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, joinedload

from bot.domain.chats import Chat
from bot.domain.people import Account
from bot.domain.school import School
from bot.messages import ChatKind, ChatRef, Message
from bot.store.records import Conversation
from bot.store.session import insert_once
from bot.store.waiting import send_what_waited

HEARD_EVERY = timedelta(minutes=1)
"""How fine heard_at is: enough to know where somebody spoke last, without a write per message."""

_SCHOOL = select(School).where(School.code == bindparam("code"))

_ACCOUNT = (
    select(Account)
    .where(
        Account.school_id == bindparam("school_id"),
        Account.platform == bindparam("platform"),
        Account.user_id == bindparam("user_id"),
    )
    .options(joinedload(Account.person))
)

_CHAT = select(Chat).where(
    Chat.school_id == bindparam("school_id"),
    Chat.connection == bindparam("connection"),
    Chat.platform_id == bindparam("chat"),
)

_CONVERSATION = (
    select(Conversation)
    .where(Conversation.chat_id == bindparam("chat_id"), Conversation.account_id == bindparam("account_id"))
    .with_for_update()
)

_ALL_AT_ONCE = (
    select(Account, Chat, Conversation)
    .join(
        Chat,
        and_(
            Chat.school_id == Account.school_id,
            Chat.connection == bindparam("connection"),
            Chat.platform_id == bindparam("chat"),
        ),
    )
    .join(Conversation, and_(Conversation.chat_id == Chat.id, Conversation.account_id == Account.id))
    .where(
        Account.school_id == bindparam("school_id"),
        Account.platform == bindparam("platform"),
        Account.user_id == bindparam("user_id"),
    )
    .options(joinedload(Account.person))
    .with_for_update(of=Conversation)
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who spoke, where, and what is open between them; the last is locked until the commit, so that two messages of one
    person wait for each other."""

    account: Account
    chat: Chat
    conversation: Conversation


def the_school(session: Session, code: str) -> School:
    """The school of this code; it was written when the process started."""
    return session.scalars(_SCHOOL, {"code": code}).one()


def arrive(
    session: Session, school: School, platform: str, connection: str, message: Message, now: datetime
) -> Arrival:
    """The rows that a message touches. An address for answers that came with it is remembered."""
    known = session.execute(
        _ALL_AT_ONCE,
        {
            "school_id": school.id,
            "platform": platform,
            "user_id": message.account,
            "connection": connection,
            "chat": message.chat.id,
        },
    ).one_or_none()
    if known is None:
        account = _the_account(session, school, platform, message)
        chat = the_chat(session, school, connection, message.chat, account)
        arrival = Arrival(account, chat, the_conversation(session, chat, account))
    else:
        arrival = Arrival(*known)
    if arrival.chat.heard_at is None:
        send_what_waited(session, arrival.chat.id, now)
    _note(arrival.account, arrival.chat, message.chat, now)
    return arrival


def the_chat(session: Session, school: School, connection: str, ref: ChatRef, account: Account | None) -> Chat:
    """Where something is to be said."""
    key = {"school_id": school.id, "connection": connection, "chat": ref.id}
    chat = session.scalar(_CHAT, key)
    if chat is not None:
        return chat
    insert_once(
        session,
        Chat,
        school_id=school.id,
        connection=connection,
        platform_id=ref.id,
        kind=ref.kind,
        title=ref.title[:200],
        reply_url="",
        account_id=account.id if account is not None and ref.kind is ChatKind.DIRECT else None,
    )
    return session.scalars(_CHAT, key).one()


def the_conversation(session: Session, chat: Chat, account: Account) -> Conversation:
    """What is open between a chat and an account, locked."""
    key = {"chat_id": chat.id, "account_id": account.id}
    talk = session.scalar(_CONVERSATION, key)
    if talk is not None:
        return talk
    insert_once(session, Conversation, **key, memory={}, step="")
    return session.scalars(_CONVERSATION, key).one()


def _the_account(session: Session, school: School, platform: str, message: Message) -> Account:
    key = {"school_id": school.id, "platform": platform, "user_id": message.account}
    account = session.scalar(_ACCOUNT, key)
    if account is not None:
        return account
    insert_once(session, Account, **key, name=message.account_name[:64])
    return session.scalars(_ACCOUNT, key).one()


def _note(account: Account, chat: Chat, ref: ChatRef, now: datetime) -> None:
    if account.heard_at is None or now - account.heard_at > HEARD_EVERY:
        account.heard_at = now
    if chat.heard_at is None or now - chat.heard_at > HEARD_EVERY:
        chat.heard_at = now
    if ref.reply_url:
        chat.reply_url, chat.reply_until = ref.reply_url, ref.reply_until
