"""Words as DingTalk's addresses for posts take them: a session's, a group webhook's."""

from __future__ import annotations

from typing import Any

from bot.messages import Outgoing
from bot.platforms.dingtalk_api import as_json


def webhook_body(outgoing: Outgoing) -> bytes:
    """Text or Markdown as session and group addresses take it. A mention must stand in the text, too (0717)."""
    at = "".join(f"@{account} " for account in outgoing.mentions)
    body: dict[str, Any]
    if outgoing.markdown:
        text = f"{at}\n{outgoing.text}" if at else outgoing.text
        markdown = {"title": outgoing.title or "校铃", "text": as_markdown(text)}
        body = {"msgtype": "markdown", "markdown": markdown}
    else:
        body = {"msgtype": "text", "text": {"content": f"{at}{outgoing.text}"}}
    if outgoing.mentions:
        body["at"] = {"atUserIds": list(outgoing.mentions), "isAtAll": False}
    if outgoing.key:
        body["msgUuid"] = outgoing.key
    return as_json(body).encode()


def as_markdown(text: str) -> str:
    """A single line break shows as a blank; two of them with blanks at the line's end show as a break (0699)."""
    return "  \n".join(text.split("\n"))
