"""WeCom's collection forms (收集表): what was answered lately. An app only sees the forms that it made itself.

A form that is collected again and again has a part of its own for each period; the answers are the parts'. Guardians come with
a passing id of WeChat's, which names nobody: they are known by the name that they gave.
Sources: 企业微信开发者中心 › 文档 › 创建收集表 (97462, copy of 2025-08), 收集表的统计信息查询 (97826), 分享文档 (97733, which
gives a form's link as well); SKIT's samples and a client for Go, 2026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.clock import from_seconds
from bot.errors import TryLater
from bot.facts import FormAnswer, FormQuestion, NewForm
from bot.platforms.wecom_calls import Call
from bot.platforms.wecom_permission import FORMS, allowed_by

LATELY = timedelta(days=15)
"""A little more than any round waits for its answers (handlers/form_answered.py)."""

WORDS, CHOICE = 1, 2
"""reply_type: words, one of several."""

SUBMITTED = 2
"""req_type: the list of who handed in."""

ROWS, ANSWERS = 10_000, 100
"""Of one statistic, and of one get_form_answer at most."""

GOOD = 1
"""answer_status; 2 was deleted, 3 is no longer valid."""


EVERYBODY, LISTED = 0, 1
"""fill_out_auth: whoever has the link, so that guardians can answer as well; only the members that are named."""


def create(call: Call, form: NewForm) -> str:
    """Make a form; returns its id. Not to be tried again blindly: a call whose answer got lost may have made one, and
    nothing lists an app's forms. It closes by itself (timed_finish). form.questions: 1 to 200. Raises TryLater, GiveUp."""
    items = [_item(number, question) for number, question in enumerate(form.questions, 1)]
    setting: dict[str, Any] = {"fill_out_auth": LISTED if form.accounts else EVERYBODY, "can_anonymous": False}
    if form.accounts:
        setting["fill_in_range"] = {"userids": list(form.accounts)}
    if form.until is not None:
        setting["timed_finish"] = int(form.until.timestamp())
    info = {
        "form_title": form.title,
        "form_desc": form.about,
        "form_question": {"items": items},
        "form_setting": setting,
    }
    with allowed_by(FORMS):
        answer = call("POST", "/cgi-bin/wedoc/create_form", {"form_info": info})
    if not answer.get("formid"):
        raise TryLater("企业微信没有给出收集表的号", unknown=True)
    return str(answer["formid"])


def link(call: Call, form: str) -> str:
    """Where people fill it in. Raises TryLater, GiveUp."""
    with allowed_by(FORMS):
        answer = call("POST", "/cgi-bin/wedoc/doc_share", {"formid": form})
    if not answer.get("share_url"):
        raise TryLater("企业微信没有给出收集表的链接")
    return str(answer["share_url"])


def answers(call: Call, about: str, now: datetime) -> tuple[FormAnswer, ...]:
    """about: one form's id, or several with blanks between. Every answer of the last days that still counts."""
    with allowed_by(FORMS):
        return tuple(answer for form in about.split() for answer in _of_form(call, form, now))


def _item(number: int, question: FormQuestion) -> dict[str, Any]:
    options = [{"key": key, "value": value, "status": 1} for key, value in enumerate(question.options, 1)]
    return {
        "question_id": number,
        "title": question.title,
        "pos": number,
        "status": 1,
        "reply_type": CHOICE if options else WORDS,
        "must_reply": question.needed,
        **({"option_item": options} if options else {}),
    }


def _of_form(call: Call, form: str, now: datetime) -> Iterator[FormAnswer]:
    info = call("POST", "/cgi-bin/wedoc/get_form_info", {"formid": form})["form_info"]
    items = (info.get("form_question") or {}).get("items") or ()
    questions = {int(item["question_id"]): item for item in items}
    for part in info.get("repeated_id") or ():
        people = {int(row["answer_id"]): row for row in _submitted(call, str(part), now)}
        ids = list(people)
        for start in range(0, len(ids), ANSWERS):
            body = {"repeated_id": part, "answer_ids": ids[start : start + ANSWERS]}
            found = call("POST", "/cgi-bin/wedoc/get_form_answer", body)["answer"]
            for row in found.get("answer_list") or ():
                if int(row.get("answer_status") or GOOD) == GOOD:
                    yield _read(form, str(part), row, people.get(int(row["answer_id"]), {}), questions)


def _submitted(call: Call, part: str, now: datetime) -> Iterator[Mapping[str, Any]]:
    span = {"start_time": int((now - LATELY).timestamp()), "end_time": int(now.timestamp())}
    body: dict[str, Any] = {"repeated_id": part, "req_type": SUBMITTED, **span, "limit": ROWS}
    cursor, seen = 0, set[int]()
    while True:
        answer = call("POST", "/cgi-bin/wedoc/get_form_statistic", {**body, "cursor": cursor})
        yield from answer.get("submit_users") or ()
        if not answer.get("has_more"):
            return
        seen.add(cursor)
        cursor = int(answer["cursor"])
        if cursor in seen:
            raise TryLater("企业微信翻页翻不完，稍后自动再试")


def _read(
    form: str, part: str, row: Mapping[str, Any], who: Mapping[str, Any], questions: Mapping[int, Mapping[str, Any]]
) -> FormAnswer:
    """who: the statistic's row, which alone has the userid. An answer's number is its part's."""
    fields: dict[str, str] = {}
    for item in (row.get("reply") or {}).get("items") or ():
        question = questions.get(int(item["question_id"]), {})
        said = _words(item, question)
        if said:
            fields[str(question.get("title") or item["question_id"])] = said
    return FormAnswer(
        form=form,
        id=f"{part}-{row['answer_id']}",
        account=str(who.get("userid") or "").lower(),
        name=str(row.get("user_name") or who.get("user_name") or ""),
        at=from_seconds(str(row["ctime"])),
        fields=fields,
    )


def _words(item: Mapping[str, Any], question: Mapping[str, Any]) -> str:
    """Every kind of reply has a field of its own; the ones that do not belong to the question are empty."""
    parts = [str(item.get("text_reply") or "").strip(), _chosen(item, question)]
    files = item.get("file_extend_reply") or ()
    parts += [f"{len(files)} 个文件"] if files else []
    for key, field in (("department_reply", "department_id"), ("member_reply", "userid")):
        listed = (item.get(key) or {}).get("list") or ()
        parts.append("、".join(str(one[field]) for one in listed))
    duration = item.get("duration_reply") or {}
    parts.append(
        "".join(f"{duration[key]}{word}" for key, word in (("days", "天"), ("hours", "小时")) if duration.get(key))
    )
    return "；".join(part for part in parts if part)


def _chosen(item: Mapping[str, Any], question: Mapping[str, Any]) -> str:
    """The options by their words; what was written beside "其他" stands with it."""
    names = {str(option["key"]): str(option.get("value") or "") for option in question.get("option_item") or ()}
    beside = {
        str(one["option_reply"]): str(one.get("extend_text") or "") for one in item.get("option_extend_reply") or ()
    }
    keys = item.get("option_reply") or []
    chosen = [str(key) for key in (keys if isinstance(keys, list) else [keys])]
    chosen += [key for key in beside if key not in chosen]
    return "、".join(
        f"{names.get(key) or key}（{beside[key]}）" if beside.get(key) else names.get(key) or key for key in chosen
    )
