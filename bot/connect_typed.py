"""What somebody types or pastes as one answer, made into the value that it stands for.

Pages are copied from in many ways: with a blank or a line's end, in full-width letters, with the label before it, the whole
address instead of its last part, a whole JSON object instead of one of its values.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

ALIASES: Mapping[str, tuple[str, ...]] = {
    "app_key": ("clientid", "appkey", "suitekey"),
    "app_secret": ("clientsecret", "appsecret", "suitesecret"),
    "corp_id": ("corpid", "企业id"),
    "agent_id": ("agentid", "应用id"),
    "bot_id": ("botid", "aibotid", "机器人id"),
    "secret": ("secret", "corpsecret", "botsecret"),
    "token": ("token", "签名token"),
    "encoding_aes_key": ("encodingaeskey", "aeskey"),
    "aes_key": ("aeskey", "encodingaeskey", "加密aeskey"),
    "robot_code": ("robotcode",),
    "key": ("key", "webhook", "webhook地址"),
    "access_token": ("accesstoken", "webhook", "webhook地址"),
    "public_url": ("url",),
}
"""What the platforms' pages and their JSON call a setting, in small letters and without marks."""

IN_ADDRESS = frozenset({"key", "access_token"})
"""Settings that are a part of a webhook's address."""

WORDS = frozenset({"name", "group"})
"""Settings that people put into words: a blank within belongs to them."""

_UNSEEN = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060\ufeff\x00-\x1f\x7f]")
_QUOTES = "\"'`“”‘’「」《》"
_LABEL = re.compile(r"^([\w （）()]{2,32}?)\s*[:=]\s*(?!//)(.+)$", re.DOTALL)


def begins_an_object(text: str) -> bool:
    """Whether this is the first line of a pasted JSON object that is not over yet."""
    text = _UNSEEN.sub("", text).strip()
    if not text.startswith("{"):
        return False
    try:
        json.loads(text)
    except ValueError:
        return True
    return False


def meant(setting: str, text: str) -> str:
    """The value of a setting in what was typed. "" for nothing."""
    text = _UNSEEN.sub("", text).strip().strip(_QUOTES).strip()
    if setting in WORDS:
        return text
    text = unicodedata.normalize("NFKC", text)
    names = {_plain(setting), *ALIASES.get(setting, ())}
    if text.startswith("{"):
        text = _in_object(text, names)
    elif (label := _LABEL.match(text)) and _plain(label[1].partition("(")[0]) in names:
        text = label[2].strip().strip(_QUOTES)
    if setting in IN_ADDRESS and text.startswith(("http://", "https://")):
        text = (parse_qs(urlsplit(text).query).get(setting) or [text])[0]
    # a line that was broken in an e-mail or a table
    return re.sub(r"\s+", "", text)


def _in_object(text: str, names: set[str]) -> str:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    for name, value in found.items():
        if _plain(str(name)) in names and isinstance(value, str | int):
            return str(value)
    return text


def _plain(name: str) -> str:
    return re.sub(r"[\s_（）()-]", "", name).lower()
