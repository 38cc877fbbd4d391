"""What DingTalk can be asked besides messages: one door for every connection of an internal app, a room for each idea."""

from __future__ import annotations

from datetime import date

from bot.clock import Clock
from bot.errors import GiveUp
from bot.facts import Ask, Fact
from bot.platforms import (
    dingtalk_approvals,
    dingtalk_attendance,
    dingtalk_families,
    dingtalk_forms,
    dingtalk_people,
    dingtalk_reports,
)
from bot.platforms.dingtalk_api import DingtalkApi

ASKS = frozenset(Ask) - {Ask.NEW_FORM, Ask.FORM_LINK, Ask.CLASS_GROUPS, Ask.POSTING}
"""All but making forms and the classes' groups of WeCom, for which there is no call; what the app has no permission for is
refused with its name."""


class DingtalkFacts:
    """Asks over one app's client. Safe to use from several threads."""

    def __init__(self, api: DingtalkApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """See bot.facts.Ask; three of them take a little more here.

        MEMBER: several accounts joined by ",": who is gone is then told as inactive. APPROVAL: "<instance>|<processCode>",
        as its event says it, since the instance does not name its template. FORM: "<formCode>", or "<formCode>|1"
        for one of the education kind. Raises TryLater, GiveUp.
        """
        try:
            return self._asked(what, about)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise GiveUp("钉钉的答复和文档不一样，请把日志发给校铃的维护人员") from error

    def _asked(self, what: Ask, about: str) -> tuple[Fact, ...]:
        match what:
            case Ask.MEMBER:
                return dingtalk_people.some(self._api, about.split(","))
            case Ask.MEMBERS:
                return dingtalk_people.everybody(self._api)
            case Ask.APPROVAL:
                return dingtalk_approvals.one(self._api, about)
            case Ask.APPROVALS:
                return dingtalk_approvals.since(self._api, about, self._clock.now())
            case Ask.PUNCHES:
                return dingtalk_attendance.of_day(self._api, _day(about))
            case Ask.WORK_REPORTS:
                return dingtalk_reports.of_day(self._api, _day(about))
            case Ask.FORM:
                return dingtalk_forms.answers(self._api, about)
            case Ask.GUARDIANS:
                return dingtalk_families.guardians(self._api, about)
        raise GiveUp("钉钉没有这样的接口")


def _day(about: str) -> date:
    try:
        return date.fromisoformat(about)
    except ValueError as error:
        raise GiveUp("要问的日子写得不对") from error
