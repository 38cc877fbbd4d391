"""平台通讯录变了：新来的对上名单，离开的不再问；对不上的等本人说「我是」；恢复在职：离开的人又回来了

Nobody is ever deleted. The directory is the school's own, so whom it names by a phone or a name that only one person of the
roster has needs no confirming; whatever is less clear waits for 我是 and an administrator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.context import NOTHING, Context, Outcome, Told, inquire, say, tell
from bot.domain.people import Account, Person, Post
from bot.errors import PersonError
from bot.facts import Ask, Member
from bot.registry import handles, told

TOO_MANY = 10
"""So many gone in one night is a change of what the app may see, not of who works here: nobody is taken out for it."""


@dataclass(slots=True)
class _Changes:
    """What administrators read. renamed, phones: of these people; the roster's name stays, the phone follows."""

    linked: list[Account] = field(default_factory=list)
    left: list[Person] = field(default_factory=list)
    back: list[Person] = field(default_factory=list)
    renamed: list[tuple[Person, str]] = field(default_factory=list)
    phones: list[Person] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.linked or self.left or self.back or self.renamed or self.phones)


@told(Ask.MEMBER)
def one(told: Told) -> Outcome:
    """One account changed, or left: then there is nobody to tell of."""
    members = [fact for fact in told.facts if isinstance(fact, Member)] or [Member(told.about, active=False)]
    changes = _Changes()
    for member in members:
        _take(told, member, changes)
    outcome = NOTHING
    for account in changes.linked:
        outcome += tell(account, "member_changed/welcome", person=account.person, platform=account.platform)
    changes.linked = []
    return outcome + _for_administrators(changes)


@told(Ask.MEMBERS)
def everybody(told: Told) -> Outcome:
    """The whole directory, at night. Who is missing is asked for alone before anything is believed; nobody at all is no
    directory."""
    members = [fact for fact in told.facts if isinstance(fact, Member)]
    if not members:
        return NOTHING
    there = {told.account_id(member.account) for member in members}
    missing = [account for account in told.store.people.linked(told.platform) if account.user_id not in there]
    changes = _Changes()
    for member in members:
        _take(told, member, changes)
    outcome = _for_administrators(changes)
    if len(missing) > TOO_MANY:
        return outcome + tell(Post.ADMINISTRATOR, "member_changed/too_many", count=len(missing), platform=told.platform)
    for account in missing:
        outcome += inquire(Ask.MEMBER, account.user_id)
    return outcome


@handles("恢复在职", help="通讯录里离开的人其实还在，照常提醒", example="恢复在职 王小燕", posts=(Post.ADMINISTRATOR,))
def bring_back(ctx: Context) -> Outcome:
    """The directory was wrong, or they came back: they are asked again. Their account stays as the directory says."""
    people = ctx.store.people.left(ctx.words)
    if len(people) != 1:
        raise PersonError("member_changed/who_is_back", name=ctx.words, people=people)
    people[0].active = True
    return say("member_changed/is_back", person=people[0]) + tell(people[0], "member_changed/back_for_you")


def _for_administrators(changes: _Changes) -> Outcome:
    return tell(Post.ADMINISTRATOR, "member_changed/directory", changes=changes) if changes else NOTHING


def _take(told: Told, member: Member, changes: _Changes) -> None:
    user_id = told.account_id(member.account)
    account = told.store.people.account(told.platform, user_id)
    if not member.active:
        if account is not None:
            _leave(told, account, changes)
        return
    if account is None or account.person is None:
        person = _whose(told, account, member)
        if person is None:
            return
        account = told.store.people.the_account(told.platform, user_id, member.name)
        account.person, account.claims = person, None
        changes.linked.append(account)
    assert account.person is not None
    if account.gone_at is not None:
        account.gone_at = None
        if not account.person.active:
            account.person.active = True
            changes.back.append(account.person)
    _note(account, account.person, member, changes)


def _leave(told: Told, account: Account, changes: _Changes) -> None:
    """The account is gone; its person too, where no other account of theirs lives on."""
    if account.gone_at is not None:
        return
    account.gone_at = told.now
    person = account.person
    if person is not None and person.active and all(each.gone_at is not None for each in person.accounts):
        person.active = False
        changes.left.append(person)


def _whose(told: Told, account: Account | None, member: Member) -> Person | None:
    """The one person of the roster whose phone this is, else whose name; None where that is not clear.

    Whoever has an account on this platform already is not given a second one, and a name does not count where the phones
    differ. Whoever said 我是 is believed only together with the directory.
    """
    phone = _digits(member.phone)
    found = told.store.people.with_phone(phone) if phone else []
    if not found:
        found = [
            person
            for person in told.store.people.named(member.name)
            if not (phone and person.phone and _digits(person.phone) != phone)
        ]
        if len(told.store.people.named(member.name)) != 1:
            return None
    if len(found) != 1 or (account is not None and account.claims not in (None, found[0])):
        return None
    taken = [each for each in found[0].accounts if each.platform == told.platform and each.gone_at is None]
    return None if taken else found[0]


def _note(account: Account, person: Person, member: Member, changes: _Changes) -> None:
    """What the directory now says of somebody known. Its first word of a phone is only used where the roster has none."""
    if member.name and member.name not in (account.name, person.name):
        changes.renamed.append((person, member.name))
    account.name = member.name[:64] or account.name
    phone = _digits(member.phone)
    if not phone or phone == account.phone:
        return
    if not person.phone:
        person.phone = phone
    elif account.phone and person.phone != phone:
        person.phone = phone
        changes.phones.append(person)
    account.phone = phone


def _digits(phone: str) -> str:
    """A mobile number without its country: +86 138… as 138…."""
    digits = "".join(_only_digits(phone))
    return (digits[2:] if len(digits) == 13 and digits.startswith("86") else digits)[:20]


def _only_digits(text: str) -> Iterable[str]:
    return (character for character in text if character in "0123456789")
