"""Templates to text: every word the bot says comes out of here. A name that a template misspells raises at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import CodeType
from typing import Any

import yaml
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from bot.clock import school_time
from bot.domain.chats import Group
from bot.domain.people import Person, Post
from bot.links import Links, Purpose
from bot.messages import Button, Form, Gap

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"

ALBUM_LASTS = timedelta(days=3)
"""Long enough for an owner who is out of the house; then the record has to be asked for again."""

MONTH_LASTS = timedelta(days=7)
"""A leader reads the summary over the weekend, and looks up a number on Monday."""

ROSTER_LASTS = timedelta(minutes=30)

WEEKDAYS = "一二三四五六日"
_BLANKS = re.compile(r"\n{3,}")
_MARKS = re.compile(r"\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)\s]+)\)")
_GAP = re.compile(r"<([^<>：+\n]+)(\+?)：([^<>\n]+)>")
_CUT = re.compile(r"\n---(?=\n|$)")
_LINK_LINE = re.compile(r"[^：:\s]{1,13}：https?://\S+$")
_NOT_IN_AN_OPTION = str.maketrans("|=)", "｜＝）")
_SAYS = re.compile(r"\[([^\]\n]+)\]\(say:([^)\n]+)\)")


def a_day(value: date) -> str:
    """9月30日（周二）"""
    if isinstance(value, datetime):
        value = school_time(value).date()
    return f"{value.month}月{value.day}日（周{WEEKDAYS[value.weekday()]}）"


def a_clock(value: datetime) -> str:
    """07:30, school time"""
    return f"{school_time(value):%H:%M}"


def a_moment(value: datetime) -> str:
    """9月30日（周二）07:30"""
    return a_day(value) + a_clock(value)


def people(value: Iterable[Person]) -> str:
    """王小燕、李敏"""
    return "、".join(person.name for person in value)


def short(value: str, length: int = 30) -> str:
    """The beginning of a text, on one line, ended with … where something is left out."""
    line = " ".join(value.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def typed(value: str) -> str:
    """What a person typed, so that it cannot pass for our own formatting or mention anybody."""
    return re.sub(r"([*_`\[\]<>#@])", lambda match: chr(ord(match[1]) + 0xFEE0), value)


def option(value: str, length: int = 14) -> str:
    """What a person typed, as one choice of several: short, and nothing in it that separates choices."""
    return typed(short(value, length)).translate(_NOT_IN_AN_OPTION)


class Labels:
    """The school's Chinese words for posts and groups, both ways, and for hazards' categories: from templates/*.yaml.

    leave: the words by which an approval's title says that somebody will be away. notice_approval: who may agree to a
    notice to parents, "own_class" of a class teacher or "others". form: the words in a form that is made for a round.
    """

    def __init__(self, folder: Path = TEMPLATES) -> None:
        posts = yaml.safe_load((folder / "posts.yaml").read_text("utf-8"))
        groups = yaml.safe_load((folder / "groups.yaml").read_text("utf-8"))
        self.posts: Mapping[Post, str] = {Post(code): names[0] for code, names in posts.items()}
        self.post_named: Mapping[str, Post] = {name: Post(code) for code, names in posts.items() for name in names}
        categories = yaml.safe_load((folder / "categories.yaml").read_text("utf-8"))
        self.categories: Mapping[str, str] = {code: entry["name"] for code, entry in categories.items()}
        self.category_owners: Mapping[str, tuple[Post, ...]] = {
            code: tuple(Post(post) for post in entry["owner"]) for code, entry in categories.items()
        }
        self.tickets = frozenset(code for code, entry in categories.items() if entry.get("ticket"))
        topics = yaml.safe_load((folder / "help" / "topics.yaml").read_text("utf-8"))
        self.topics: Mapping[str, tuple[str, ...]] = {name: tuple(handlers) for name, handlers in topics.items()}
        approval = yaml.safe_load((folder / "notify_parents" / "approval.yaml").read_text("utf-8"))
        self.notice_approval: Mapping[str, tuple[Post, ...]] = {
            kind: tuple(Post(post) for post in posts) for kind, posts in approval.items()
        }
        self.leave: tuple[str, ...] = tuple(
            yaml.safe_load((folder / "approval_decided" / "leave.yaml").read_text("utf-8"))
        )
        self.form: Mapping[str, str] = yaml.safe_load((folder / "form_made" / "form.yaml").read_text("utf-8"))
        self.groups: Mapping[Group, str] = {Group(code): names[0] for code, names in groups.items()}
        self.group_named: Mapping[str, Group] = {name: Group(code) for code, names in groups.items() for name in names}


LABELS = Labels()


class _Compiled(BytecodeCache):
    """What templates were compiled to, for every Renderer of the process: compiling is most of what a first answer costs."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class Renderer:
    """Loads and keeps the compiled templates. Safe to use from several threads."""

    def __init__(self, folder: Path = TEMPLATES) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - the output is chat text, not HTML; `typed` guards what people typed
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self._environment.filters.update(
            day=a_day,
            clock=a_clock,
            moment=a_moment,
            people=people,
            short=short,
            typed=typed,
            option=option,
            post=lambda post: LABELS.posts[post],
            group=lambda group: LABELS.groups[group],
            category=lambda code: LABELS.categories.get(code, ""),
        )

    def provide(self, links: Links) -> None:
        """Let templates make links: `photos_link(what, record)` to a record's photos, `month_link(school, first)` to the
        records behind a month's figures, `roster_link(person)` to the roster."""
        self._environment.globals.update(
            photos_link=lambda of, record: links.make(Purpose.ALBUM, f"{of}-{record.id}", ALBUM_LASTS),
            month_link=lambda school, first: links.make(Purpose.MONTH, f"{school.id}-{first:%Y%m}", MONTH_LASTS),
            roster_link=lambda person: links.make(Purpose.ROSTER, str(person.id), ROSTER_LASTS),
        )

    def text(self, template: str, values: Mapping[str, Any]) -> str:
        """The words of `folder/name`, in our small Markdown: **bold**, "- " lists, [links](…), [通过](say:复查 1 通过),
        [提交](say:核定 1 <定级：重大|一般> <期限：11月27日前=11月27日（周五）|…>), and a line --- where a card may end.

        "one/name|another/name" is the first of them that there is.
        """
        names = [f"{name}.md" for name in template.split("|")]
        rendered = self._environment.select_template(names).render(values)
        return _BLANKS.sub("\n\n", rendered).strip()

    def exists(self, template: str) -> bool:
        return f"{template}.md" in self._environment.list_templates()


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text as it is read, and what can be pressed beside it."""

    text: str
    buttons: tuple[Button, ...] = ()
    form: Form | None = None


def spoken(text: str) -> Spoken:
    """A text's buttons, and the text in which their words stand to be typed: [通过](say:复查 1 通过) reads 「复查 1 通过」.

    A form's gaps are <定级：重大|一般>; <做完的+：…> takes several; an option that is labelled otherwise than it says is
    1=1 检查门窗. It reads as an example, with the first option of each. Only a text's first form is one.
    The text is the same for every channel, so whoever has no buttons, or an old phone, misses nothing.
    """
    buttons: list[Button] = []
    forms: list[Form] = []
    for label, says in _SAYS.findall(text):
        if form := _form(label, says.strip()):
            forms.append(form)
        else:
            buttons.append(Button(label, says.strip()))
    read = _SAYS.sub(lambda match: f"「{_example(match[2].strip())}」", text)
    return Spoken(read, tuple(dict.fromkeys(buttons)), forms[0] if forms else None)


def _form(label: str, says: str) -> Form | None:
    gaps = tuple(
        Gap(title, tuple(map(_option, options.split("|"))), bool(several))
        for title, several, options in _GAP.findall(says)
    )
    return Form(label, _GAP.sub(r"{\1}", says), gaps) if gaps else None


def _option(text: str) -> Button:
    says, _, label = text.partition("=")
    return Button((label or says).strip(), says.strip())


def _example(says: str) -> str:
    return _GAP.sub(lambda match: _option(match[3].split("|")[0]).says, says)


def cut(text: str) -> list[str]:
    """What may stand on a card and what follows it: where a line --- is, before it and after it. The links at the end belong
    to the card."""
    head, *rest = _CUT.split(text, maxsplit=1)
    if not rest:
        return [text]
    lines = rest[0].strip("\n").split("\n")
    links: list[str] = []
    while lines and _LINK_LINE.match(plain(lines[-1])):
        links.insert(0, lines.pop())
    parts = ["\n".join([head.strip("\n"), *links]), "\n".join(lines).strip("\n")]
    return [part for part in parts if part]


def whole(text: str) -> str:
    """The same as one text."""
    return _CUT.sub("", text)


def plain(text: str) -> str:
    """The same words for a channel that shows no Markdown."""
    return _MARKS.sub(lambda match: match[1] or f"{match[2]}：{match[3]}", text)


def has_marks(text: str) -> bool:
    """Whether there is anything that Markdown would show differently."""
    return _MARKS.search(text) is not None


def split(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` bytes of UTF-8, cut between lines; inside a line, between characters, where one is longer."""
    parts: list[str] = []
    for line in text.split("\n"):
        joined = f"{parts[-1]}\n{line}" if parts else line
        if parts and len(joined.encode()) <= limit:
            parts[-1] = joined
            continue
        while len(line.encode()) > limit:
            head = line.encode()[:limit].decode("utf-8", "ignore")
            parts.append(head)
            line = line[len(head) :]
        parts.append(line)
    return [part.strip("\n") for part in parts if part.strip()]
