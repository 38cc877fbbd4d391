"""What WeCom knows besides messages, for an app that may ask it: people, approvals, attendance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.clock import Clock, midnight
from bot.errors import GiveUp, TryLater
from bot.facts import Ask, Fact, FormMade, NewForm, News
from bot.platforms import (
    wecom_approvals,
    wecom_events,
    wecom_families,
    wecom_forms,
    wecom_people,
    wecom_punches,
    wecom_reports,
)
from bot.platforms.wecom_calls import Call


def read_event(raw: Mapping[str, Any]) -> News:
    """One decrypted event; see wecom_events. Raises Unsupported, Malformed."""
    return wecom_events.read_event(raw)


class WecomFacts:
    """call: the app's own, with its token (see Call)."""

    asks = frozenset(
        {
            Ask.MEMBER,
            Ask.MEMBERS,
            Ask.APPROVAL,
            Ask.APPROVALS,
            Ask.PUNCHES,
            Ask.WORK_REPORTS,
            Ask.FORM,
            Ask.NEW_FORM,
            Ask.FORM_LINK,
        }
    )
    """What any app may be asked. Guardians are answered too, for an app that hears the school's families' events."""

    def __init__(self, call: Call, clock: Clock) -> None:
        self._call, self._clock = call, clock

    def ask(self, what: Ask, about: str) -> tuple[Fact, ...]:
        """What it is now; () where there is nothing (any more). Raises TryLater, GiveUp."""
        try:
            match what:
                case Ask.MEMBER:
                    return wecom_people.member(self._call, about)
                case Ask.MEMBERS:
                    return wecom_people.members(self._call)
                case Ask.APPROVAL:
                    return wecom_approvals.approval(self._call, about)
                case Ask.APPROVALS:
                    since = midnight(date.fromisoformat(about.split()[0]))
                    return wecom_approvals.since(self._call, since, self._clock.now())
                case Ask.PUNCHES:
                    return wecom_punches.punches(self._call, date.fromisoformat(about))
                case Ask.WORK_REPORTS:
                    return wecom_reports.work_reports(self._call, date.fromisoformat(about))
                case Ask.FORM:
                    return wecom_forms.answers(self._call, about, self._clock.now())
                case Ask.NEW_FORM:
                    return (self._made(NewForm.read(about)),)
                case Ask.FORM_LINK:
                    return (FormMade(about, wecom_forms.link(self._call, about)),)
                case Ask.GUARDIANS:
                    return wecom_families.guardians(self._call, about)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise TryLater("企业微信答复的内容和文档不一样") from error
        raise GiveUp("企业微信的这个应用不能被问这件事")

    def _made(self, form: NewForm) -> FormMade:
        if form.until is not None and form.until <= self._clock.now():
            raise GiveUp("收口的时间已经过了，收集表不用建了")
        return FormMade(wecom_forms.create(self._call, form))
