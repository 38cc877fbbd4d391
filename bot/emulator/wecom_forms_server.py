"""WeCom's addresses for collection forms (收集表): made, looked at, counted, read. An app sees those that it made.

Sources: 企业微信开发者中心 › 文档 › 创建收集表 (97462), 编辑收集表 (97824), 收集表的统计信息查询 (97826), 分享文档 (97733);
SKIT's samples and a client for Go, 2026.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from bot.clock import from_seconds
from bot.emulator.records import WECOM
from bot.emulator.wecom_door import WecomError, answer
from bot.emulator.wecom_forms import EVERYBODY, LISTED, ONE, TEXT, Filled, Form
from bot.emulator.wecom_gate import body, guard, number, page
from bot.emulator.wirelog import watch
from bot.emulator.world import World

QUESTIONS, ROWS, ANSWERS = 200, 10_000, 100
KINDS = (TEXT, ONE)
"""reply_types that can be answered here."""

COUNTS, SUBMITTED, MISSING = 1, 2, 3
QUESTIONS_CHANGE, SETTINGS_CHANGE = 1, 2
"""oper of modify_form; either replaces all of its part."""

CREATE, INFO, STATISTIC, ANSWER = (
    f"/cgi-bin/wedoc/{name}" for name in ("create_form", "get_form_info", "get_form_statistic", "get_form_answer")
)
MODIFY, SHARE = "/cgi-bin/wedoc/modify_form", "/cgi-bin/wedoc/doc_share"
_TITLES = {
    CREATE: f"建收集表 POST {CREATE}",
    MODIFY: f"改收集表 POST {MODIFY}",
    SHARE: f"收集表的链接 POST {SHARE}",
    INFO: f"收集表 POST {INFO}",
    STATISTIC: f"收集表统计 POST {STATISTIC}",
    ANSWER: f"收集表答案 POST {ANSWER}",
}


def blueprint(world: World) -> Blueprint:
    pages = Blueprint("wecom_forms_server", __name__)
    watch(pages, world, _TITLES)
    guard(pages, world)

    @pages.before_request
    def allowed() -> None:
        if world.office.forms_withheld:
            raise WecomError(48002)

    @pages.post(CREATE)
    def create() -> Response:
        info = body().get("form_info")
        if not isinstance(info, dict) or not str(info.get("form_title") or ""):
            raise WecomError(40058)
        _check_questions(info)
        _check_setting(world, info.get("form_setting") or {})
        form = Form(f"FORMDEMO{secrets.token_hex(12)}", info)
        form.begin()
        world.office.forms[form.id] = form
        return answer(formid=form.id)

    @pages.post(MODIFY)
    def modify() -> Response:
        asked = body()
        form, info = _form(world, asked), asked.get("form_info")
        if not isinstance(info, dict) or asked.get("oper") not in (QUESTIONS_CHANGE, SETTINGS_CHANGE):
            raise WecomError(40058)
        if asked["oper"] == QUESTIONS_CHANGE:
            _check_questions(info)
            changed = {key: info[key] for key in ("form_title", "form_desc", "form_question") if key in info}
        else:
            _check_setting(world, info.get("form_setting") or {})
            changed = {"form_setting": info.get("form_setting") or {}}
        form.info = {**form.info, **changed}
        return answer()

    @pages.post(SHARE)
    def share() -> Response:
        return answer(share_url=_form(world, body()).link)

    @pages.post(INFO)
    def info() -> Response:
        form = _form(world, body())
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
        rows = [_answered(one) for one in _part(world, asked)[1] if one.id in wanted]
        return answer(answer={"answer_list": rows})

    return pages


def _form(world: World, asked: dict[str, Any]) -> Form:
    form = world.office.forms.get(str(asked.get("formid", "")))
    if form is None:
        raise WecomError(40058)
    return form


def _check_setting(world: World, setting: dict[str, Any]) -> None:
    """A range must be named where only some may answer, and hold members alone."""
    kind = setting.get("fill_out_auth", EVERYBODY)
    people = (setting.get("fill_in_range") or {}).get("userids") or []
    if kind not in (EVERYBODY, LISTED) or (kind == LISTED and not people):
        raise WecomError(40058)
    if any(world.with_account(WECOM, str(one)) is None for one in people):
        raise WecomError(60111)
    if not isinstance(setting.get("timed_finish", 0), int):
        raise WecomError(40058)


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
    form, rows = _part(world, asked)
    kind = asked.get("req_type")
    people = {one.account or one.outside for one in rows}
    listed = form.listed()
    wanted = [one for one in world.people() if listed is None or one.wecom.lower() in listed]
    missing = [one for one in wanted if one.wecom not in people]
    counts = {"fill_cnt": len(rows), "fill_user_cnt": len(people), "unfill_user_cnt": len(missing)}
    if kind == COUNTS:
        return answer(**counts)
    size = number(asked.get("limit"))
    if kind not in (SUBMITTED, MISSING) or not 1 <= size <= ROWS:
        raise WecomError(40058)
    if kind == MISSING:
        named = [{"userid": one.wecom, "user_name": one.name} for one in missing]
        some, cursor = page(named, str(asked.get("cursor") or 0), size)
        return answer(**counts, unfill_users=some, has_more=bool(cursor), cursor=int(cursor or 0))
    start, end = (_moment(asked.get(key)) for key in ("start_time", "end_time"))
    found = [_submitted(one) for one in rows if start <= one.at <= end]
    some, cursor = page(found, str(asked.get("cursor") or 0), size)
    return answer(**counts, submit_users=some, has_more=bool(cursor), cursor=int(cursor or 0))


def _part(world: World, asked: dict[str, Any]) -> tuple[Form, list[Filled]]:
    wanted = asked.get("repeated_id")
    for form in world.office.forms.values():
        if wanted in form.parts:
            return form, form.parts[str(wanted)]
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
