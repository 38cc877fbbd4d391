"""WeCom's addresses for collection forms (收集表): made, looked at, counted, read. An app sees those that it made.

Source: 企业微信开发者中心 › 文档 › 收集表管理, as restated in SKIT's samples and in a client for Go, 2026.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from bot.clock import from_seconds
from bot.emulator.wecom_door import WecomError, answer
from bot.emulator.wecom_forms import ONE, TEXT, Filled, Form
from bot.emulator.wecom_gate import body, guard, number, page
from bot.emulator.wirelog import watch
from bot.emulator.world import World

QUESTIONS, ROWS, ANSWERS = 200, 10_000, 100
KINDS = (TEXT, ONE)
"""reply_types that can be answered here."""

COUNTS, SUBMITTED = 1, 2
CREATE, INFO, STATISTIC, ANSWER = (
    f"/cgi-bin/wedoc/{name}" for name in ("create_form", "get_form_info", "get_form_statistic", "get_form_answer")
)
_TITLES = {
    CREATE: f"建收集表 POST {CREATE}",
    INFO: f"收集表 POST {INFO}",
    STATISTIC: f"收集表统计 POST {STATISTIC}",
    ANSWER: f"收集表答案 POST {ANSWER}",
}


def blueprint(world: World) -> Blueprint:
    pages = Blueprint("wecom_forms_server", __name__)
    watch(pages, world, _TITLES)
    guard(pages, world)

    @pages.post(CREATE)
    def create() -> Response:
        info = body().get("form_info")
        if not isinstance(info, dict) or not str(info.get("form_title") or ""):
            raise WecomError(40058)
        _check_questions(info)
        form = Form(f"FORMDEMO{secrets.token_hex(12)}", info)
        form.begin()
        world.office.forms[form.id] = form
        return answer(formid=form.id)

    @pages.post(INFO)
    def info() -> Response:
        form = world.office.forms.get(str(body().get("formid", "")))
        if form is None:
            raise WecomError(40058)
        return answer(form_info={**form.info, "formid": form.id, "repeated_id": list(form.parts)})

    @pages.post(STATISTIC)
    def statistic() -> Response:
        return _statistic(world, body())

    @pages.post(ANSWER)
    def answers() -> Response:
        asked = body()
        wanted = asked.get("answer_ids")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= ANSWERS:
            raise WecomError(40058)
        rows = [_answered(one) for one in _part(world, asked) if one.id in wanted]
        return answer(answer={"answer_list": rows})

    return pages


def _check_questions(info: dict[str, Any]) -> None:
    question = info.get("form_question")
    items = question.get("items") if isinstance(question, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= QUESTIONS:
        raise WecomError(40058)
    if [item.get("pos") for item in items] != list(range(1, len(items) + 1)):
        raise WecomError(40058)
    if len({item.get("question_id") for item in items}) != len(items):
        raise WecomError(40058)
    for item in items:
        if not item.get("title") or item.get("status") != 1 or item.get("reply_type") not in KINDS:
            raise WecomError(40058)
        if item["reply_type"] == ONE and not item.get("option_item"):
            raise WecomError(40058)


def _statistic(world: World, asked: dict[str, Any]) -> Response:
    rows = _part(world, asked)
    kind = asked.get("req_type")
    people = {one.account or one.outside for one in rows}
    counts = {"fill_cnt": len(rows), "fill_user_cnt": len(people), "unfill_user_cnt": len(world.people()) - len(people)}
    if kind == COUNTS:
        return answer(**counts)
    size = number(asked.get("limit"))
    if kind != SUBMITTED or not 1 <= size <= ROWS:
        raise WecomError(40058)
    start, end = (_moment(asked.get(key)) for key in ("start_time", "end_time"))
    found = [_submitted(one) for one in rows if start <= one.at <= end]
    some, cursor = page(found, str(asked.get("cursor") or 0), size)
    return answer(**counts, submit_users=some, has_more=bool(cursor), cursor=int(cursor or 0))


def _part(world: World, asked: dict[str, Any]) -> list[Filled]:
    wanted = asked.get("repeated_id")
    for form in world.office.forms.values():
        if wanted in form.parts:
            return form.parts[str(wanted)]
    raise WecomError(40058)


def _moment(seconds: object) -> datetime:
    return from_seconds(str(number(seconds)))


def _who(one: Filled) -> dict[str, str]:
    return {"userid": one.account} if one.account else {"tmp_external_userid": one.outside}


def _submitted(one: Filled) -> dict[str, Any]:
    return {**_who(one), "user_name": one.name, "submit_time": int(one.at.timestamp()), "answer_id": one.id}


def _answered(one: Filled) -> dict[str, Any]:
    items = [{"question_id": key, **reply} for key, reply in one.said.items()]
    outside = {} if one.account else _who(one)
    moment = int(one.at.timestamp())
    return {
        "answer_id": one.id, "user_name": one.name, "ctime": moment, "mtime": moment, "answer_status": 1,
        "reply": {"items": items}, **outside,
    }  # fmt: skip
