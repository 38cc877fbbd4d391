"""Rows that exist because somebody spoke, or is about to be spoken to: found, or made at the first word."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bot.domain.chats import Chat
from bot.domain.people import Account
from bot.domain.school import School
from bot.messages import ChatKind, ChatRef, Message
from bot.store.records import Conversation
from bot.store.session import insert_once

HEARD_EVERY = timedelta(minutes=1)
"""How fine heard_at is: enough to know where somebody spoke last, without a write per message."""


def the_school(session: Session, code: str) -> School:
    """The school of this code; it was written when the process started."""
    return session.scalars(select(School).where(School.code == code)).one()


def the_account(session: Session, school: School, platform: str, message: Message, now: datetime) -> Account:
    """Who spoke, with their person."""
    question = (
        select(Account)
        .where(Account.school_id == school.id, Account.platform == platform, Account.user_id == message.account)
        .options(joinedload(Account.person))
    )
    account = session.scalar(question)
    if account is None:
        insert_once(
            session,
            Account,
            school_id=school.id,
            platform=platform,
            user_id=message.account,
            name=message.account_name[:64],
            heard_at=now,
        )
        return session.scalars(question).one()
    if account.heard_at is None or now - account.heard_at > HEARD_EVERY:
        account.heard_at = now
    return account


def the_chat(session: Session, school: School, connection: str, ref: ChatRef, account: Account | None) -> Chat:
    """Where it was said, or is to be said. An address for answers that came with it is remembered."""
    question = select(Chat).where(
        Chat.school_id == school.id, Chat.connection == connection, Chat.platform_id == ref.id
    )
    chat = session.scalar(question)
    if chat is None:
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
        chat = session.scalars(question).one()
    if ref.reply_url:
        chat.reply_url, chat.reply_until = ref.reply_url, ref.reply_until
    return chat


def the_conversation(session: Session, chat: Chat, account: Account) -> Conversation:
    """What is open between a chat and an account, locked, so that two messages of one person wait for each other."""
    question = (
        select(Conversation)
        .where(Conversation.chat_id == chat.id, Conversation.account_id == account.id)
        .with_for_update()
    )
    talk = session.scalar(question)
    if talk is None:
        insert_once(session, Conversation, chat_id=chat.id, account_id=account.id, memory={}, step="")
        talk = session.scalars(question).one()
    return talk
