"""xiaoling.toml, read once, checked, frozen. A wrong or missing value stops the start and says which."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from bot.errors import ConfigError

EXAMPLES: Mapping[str, str] = {
    "host": '"127.0.0.1"',
    "port": "8000",
    "public_url": '"https://bot.example.edu.cn"',
    "trusted_proxies": "1",
    "url": '"postgresql+psycopg://xiaoling@localhost/xiaoling"',
    "name": '"淄博高新区第一小学"',
    "code": '"zbgx1"',
    "platform": '"wecom"',
    "kind": '"app"',
    "corp_id": '"ww1234567890abcdef"',
    "agent_id": "1000002",
    "secret": '"env:WECOM_SECRET"',
    "token": '"env:WECOM_TOKEN"',
    "encoding_aes_key": '"env:WECOM_AES_KEY"  (43 letters and digits)',
    "app_key": '"dingabcdefgh"',
    "app_secret": '"env:DINGTALK_SECRET"',
    "robot_code": '"dingabcdefgh"',
    "aes_key": '"env:DINGTALK_AES_KEY"  (43 letters and digits)',
    "api_quota": "5000",
    "message_quota": "3000",
    "card_template": '"1a2b3c4d.schema"',
    "todos": "true",
    "todo_link": '"dingtalk://dingtalkclient/…"',
    "card_secret": '"env:DINGTALK_CARD_SECRET"',
    "card_url": '"https://bot.example.edu.cn/callback/mmxx/ding"',
    "key": '"env:WECOM_WEBHOOK_KEY"',
    "access_token": '"env:DINGTALK_WEBHOOK_TOKEN"',
    "group": '"教职工群"',
    "cards": "true",
    "markdown_v2": "false",
    "app_groups": '[{ group = "教职工群", chatid = "xiaoling1" }]',
    "chatid": '"xiaoling1"',
    "class_groups": '[{ grade_class = "三年级2班", chat_id = "wrAAAA" }]',
    "grade_class": '"三年级2班"',
    "chat_id": '"wrAAAA"',
    "posts_a_day": "1",
    "api_base": '"https://qyapi.weixin.qq.com"',
    "oapi_base": '"https://oapi.dingtalk.com"',
    "tolerance": "300",
    "template": '"3TmA…"  (WeCom: template_id; DingTalk: processCode)',
    "means": '"leave", "task_done", "task_deferred", "hazard_extension", "duty_swap" or "nothing"',
    "bot_id": '"aibXXXXXXXX"',
    "connection.name": '"oa"',
    "connection": "[[school.connection]] with name, platform and kind",
    "school": '[[school]] with name = "…" and code = "…"',
}
"""A right value for each setting, shown beside the wrong one."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


def _from_environment(value: object) -> object:
    """Resolve "env:NAME". Raises ValueError when the variable is not set."""
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if not os.environ.get(name):
            raise ValueError(f"the environment variable {name} is not set")
        return os.environ[name]
    return value


Text = Annotated[str, BeforeValidator(_from_environment), StringConstraints(min_length=1)]
Secret = Annotated[SecretStr, BeforeValidator(_from_environment), Field(min_length=1)]


def _base_url(value: object) -> object:
    value = _from_environment(value)
    if isinstance(value, str):
        TypeAdapter(AnyHttpUrl).validate_python(value)
        return value.rstrip("/")
    return value


BaseUrl = Annotated[str, BeforeValidator(_base_url)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ServerSettings(_Part):
    """Where the service listens and how the world reaches it."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: BaseUrl = ""
    """Address that browsers use; default http://host:port. Links in messages start with it."""
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many reverse proxies stand in front; their X-Forwarded-* are believed."""
    clock: Literal["real", "turned"] = "real"
    """"turned" lets the emulator move the time (a file in the data folder); never for a real school."""


class DatabaseSettings(_Part):
    url: Annotated[str, BeforeValidator(_from_environment)] = ""
    """SQLAlchemy URL; "" is SQLite in the data folder."""

    @field_validator("url")
    @classmethod
    def _known(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
        return value


class _Connection(_Part):
    name: Code
    tolerance: int = Field(default=300, ge=0)
    """Seconds a callback's timestamp may be off; 0 = any, for replaying recorded traffic."""


class WecomAppGroup(_Part):
    """A group that the app made itself (应用群聊). group: what the school calls it. chatid: as it was made."""

    group: Text
    chatid: Annotated[Text, StringConstraints(pattern=r"^[0-9A-Za-z]{1,32}$")]


class WecomApp(_Connection):
    """A self-built app (自建应用): hears its members one to one, and writes to them."""

    platform: Literal["wecom"]
    kind: Literal["app"]
    corp_id: Text
    agent_id: int = Field(gt=0)
    secret: Secret
    token: Secret
    encoding_aes_key: Annotated[Secret, Field(min_length=43, max_length=43)]
    cards: bool = True
    """Buttons, choices and links as template cards; false where members read in WeChat's plugin, which shows none."""
    app_groups: tuple[WecomAppGroup, ...] = ()
    api_base: BaseUrl = "https://qyapi.weixin.qq.com"


class WecomWebhook(_Connection):
    """A group robot's webhook (群机器人): posts to one group, hears nothing. `group` is what the school calls it."""

    platform: Literal["wecom"]
    kind: Literal["webhook"]
    key: Secret
    group: Text
    markdown_v2: bool = False
    """Tables and code in posts; phones with a client before 4.1.36 show its marks as they are."""
    cards: bool = False
    """A text that ends with links as a card that opens them; it mentions nobody, and what is long stands below it."""
    api_base: BaseUrl = "https://qyapi.weixin.qq.com"


class WecomSchool(_Connection):
    """Notices to parents (学校通知): posts to classes, pupils' families and single guardians; hears nothing."""

    platform: Literal["wecom"]
    kind: Literal["school"]
    corp_id: Text
    agent_id: int = Field(gt=0)
    secret: Secret
    api_base: BaseUrl = "https://qyapi.weixin.qq.com"


class WecomClassGroup(_Part):
    """Which customer group is the parents' of which class, where its name does not say so. grade_class: "三年级2班"."""

    grade_class: Text
    chat_id: Text


class WecomCustomers(_Connection):
    """The classes' groups with parents (客户群): what is handed over there the class teachers confirm. Hears nothing.

    posts_a_day: how many such messages a group gets in a day; the copies of the documentation disagree. 0 is any number.
    """

    platform: Literal["wecom"]
    kind: Literal["customers"]
    corp_id: Text
    secret: Secret
    class_groups: tuple[WecomClassGroup, ...] = ()
    posts_a_day: int = Field(default=1, ge=0)
    api_base: BaseUrl = "https://qyapi.weixin.qq.com"


def _ws_url(value: object) -> object:
    value = _from_environment(value)
    if isinstance(value, str) and not value.startswith(("ws://", "wss://")):
        raise ValueError("must start with wss://")
    return value


class WecomBotStream(_Connection):
    """An AI bot (智能机器人) over its long connection: hears everything one to one and @ in groups, needs no public address."""

    platform: Literal["wecom"]
    kind: Literal["bot_stream"]
    bot_id: Text
    secret: Secret
    url: Annotated[str, BeforeValidator(_ws_url)] = "wss://openws.work.weixin.qq.com"


class WecomBot(_Connection):
    """An AI bot (智能机器人) over callbacks: the same, to a public address; it answers, and cannot begin."""

    platform: Literal["wecom"]
    kind: Literal["bot"]
    token: Secret
    encoding_aes_key: Annotated[Secret, Field(min_length=43, max_length=43)]
    api_base: BaseUrl = "https://qyapi.weixin.qq.com"


class DingtalkCredentials(_Connection):
    """What every connection of an internal app (企业内部应用) needs to call DingTalk."""

    app_key: Text
    app_secret: Secret
    api_base: BaseUrl = "https://api.dingtalk.com"
    oapi_base: BaseUrl = "https://oapi.dingtalk.com"


class DingtalkRobotCredentials(DingtalkCredentials):
    """What an internal app's robot needs, however it hears. robot_code: "" is app_key, as the platform documents.

    api_quota, message_quota: what the organisation's edition gives in a month (standard edition since 2025-11-19).
    """

    robot_code: Annotated[str, BeforeValidator(_from_environment)] = ""
    api_quota: int = Field(default=5000, ge=0)
    message_quota: int = Field(default=3000, ge=0)
    card_template: Annotated[str, BeforeValidator(_from_environment)] = ""
    """The id of the school's card template (docs/dingtalk-card.md); "" sends buttons as words to type."""
    todos: bool = False
    """Hazards and weekly tasks also stand in their people's 待办; each costs two or three calls of the month's quota."""
    todo_link: Annotated[str, BeforeValidator(_from_environment), StringConstraints(max_length=1000)] = ""
    """What a 待办 opens where the school has no public address; with one, it opens the record's own page."""


class DingtalkRobot(DingtalkRobotCredentials):
    """An internal app's robot over HTTP: hears @ in groups and everything one to one."""

    platform: Literal["dingtalk"]
    kind: Literal["robot"]
    robot_code: Text
    tolerance: int = Field(default=3600, ge=0)
    """Seconds; the platform documents one hour."""
    card_secret: Secret | None = None
    """Any secret; DingTalk signs presses on cards with it."""
    card_url: BaseUrl = ""
    """This connection's public callback address, where presses on cards come."""

    @model_validator(mode="after")
    def _cards_come_back(self) -> DingtalkRobot:
        if self.card_template and not (self.card_secret and self.card_url):
            raise ValueError(
                'card_template needs card_secret = "env:DINGTALK_CARD_SECRET" and '
                'card_url = "https://bot.example.edu.cn/callback/mmxx/ding", or kind = "stream"'
            )
        return self


class DingtalkEvents(DingtalkCredentials):
    """An internal app's event subscription over HTTP: hears what changed, can be asked what it is, says nothing."""

    platform: Literal["dingtalk"]
    kind: Literal["events"]
    token: Secret
    aes_key: Annotated[Secret, Field(min_length=43, max_length=43)]
    tolerance: int = Field(default=3600, ge=0)
    """Seconds; not documented. An event that comes again is signed anew, or is not: so an hour, as for the robot."""

    @field_validator("aes_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().isascii() or not value.get_secret_value().isalnum():
            raise ValueError("must be 43 letters and digits")
        return value


class DingtalkStream(DingtalkRobotCredentials):
    """The same robot over a connection that we open ourselves (Stream 模式): no public address is needed."""

    platform: Literal["dingtalk"]
    kind: Literal["stream"]


class DingtalkNotice(DingtalkCredentials):
    """An internal app's work notices (工作通知): writes to anybody of the school, hears nothing."""

    platform: Literal["dingtalk"]
    kind: Literal["notice"]
    agent_id: int = Field(gt=0)
    api_quota: int = Field(default=5000, ge=0)


class DingtalkWebhook(_Connection):
    """A custom group robot's webhook: posts to one group. secret: the SEC… of its sign mode, or none."""

    platform: Literal["dingtalk"]
    kind: Literal["webhook"]
    access_token: Secret
    secret: Secret | None = None
    group: Text
    oapi_base: BaseUrl = "https://oapi.dingtalk.com"


def _kind_of(entry: object) -> str:
    """Which class reads an entry, so that an error names the setting and not every member of the union."""
    if isinstance(entry, Mapping):
        return f"{entry.get('platform')} {entry.get('kind')}"
    return f"{getattr(entry, 'platform', '')} {getattr(entry, 'kind', '')}"


ConnectionSettings = Annotated[
    Annotated[WecomApp, Tag("wecom app")]
    | Annotated[WecomWebhook, Tag("wecom webhook")]
    | Annotated[WecomSchool, Tag("wecom school")]
    | Annotated[WecomCustomers, Tag("wecom customers")]
    | Annotated[WecomBotStream, Tag("wecom bot_stream")]
    | Annotated[WecomBot, Tag("wecom bot")]
    | Annotated[DingtalkRobot, Tag("dingtalk robot")]
    | Annotated[DingtalkEvents, Tag("dingtalk events")]
    | Annotated[DingtalkStream, Tag("dingtalk stream")]
    | Annotated[DingtalkNotice, Tag("dingtalk notice")]
    | Annotated[DingtalkWebhook, Tag("dingtalk webhook")],
    Discriminator(
        _kind_of,
        custom_error_type="kind",
        custom_error_message="platform with kind must be wecom with app, webhook, school, customers, bot or bot_stream, "
        "or dingtalk with robot, stream, events, notice or webhook",
    ),
]
"""One way to a platform. A new kind is a class here and a file in bot/platforms/."""


class ApprovalSettings(_Part):
    """What one form of the platform's own approvals is for. A form named nowhere is leave if its title says so.

    template: the platform's id of the form. nothing: no effect here, whatever its title says. The others are the labels of
    the form's fields: task, a task's number, for task_done and task_deferred; hazard, a hazard's, for hazard_extension; until,
    the later day, for both; day and stand_in, whose turn on duty goes to whom, for duty_swap.
    """

    template: Text
    means: Literal["leave", "task_done", "task_deferred", "hazard_extension", "duty_swap", "nothing"]
    task: Text = "任务"
    until: Text = "延期到"
    hazard: Text = "隐患编号"
    day: Text = "值班日期"
    stand_in: Text = "替班人"


class SchoolSettings(_Part):
    name: Text
    code: Code
    connection: tuple[ConnectionSettings, ...] = ()
    approval: tuple[ApprovalSettings, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> SchoolSettings:
        names = [connection.name for connection in self.connection]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f'two connections are called "{name}"; each needs its own name')
        return self


class _File(_Part):
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    school: tuple[SchoolSettings, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> _File:
        codes = [school.code for school in self.school]
        for code in codes:
            if codes.count(code) > 1:
                raise ValueError(f'two schools have the code "{code}"; each needs its own')
        return self

    @model_validator(mode="after")
    def _todos_open_something(self) -> _File:
        """DingTalk takes no 待办 without an address to open (0793, since 2024-02-01)."""
        for connection in (each for school in self.school for each in school.connection):
            if getattr(connection, "todos", False) and not (self.server.public_url or connection.todo_link):  # type: ignore[union-attr]
                raise ValueError(
                    f'"{connection.name}" has todos = true, which needs public_url = "https://bot.example.edu.cn" under '
                    '[server], or todo_link = "dingtalk://dingtalkclient/…" beside it'
                )
        return self


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the process was told. home: the data folder, made if missing. path: the file it came from."""

    server: ServerSettings
    database_url: str
    schools: tuple[SchoolSettings, ...]
    home: Path
    path: Path

    @property
    def public_url(self) -> str:
        return self.server.public_url or f"http://{self.server.host}:{self.server.port}"


def home_folder(*, make: bool = True) -> Path:
    """XIAOLING_HOME, default ./data; made if missing, readable by its owner alone where the system knows that."""
    home = Path(os.environ.get("XIAOLING_HOME", "data")).resolve()
    if make:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def config_path() -> Path:
    """XIAOLING_CONFIG, default ./xiaoling.toml. It need not exist."""
    return Path(os.environ.get("XIAOLING_CONFIG", "xiaoling.toml")).resolve()


def read(path: Path, home: Path) -> Settings:
    """Read and check one file. Raises ConfigError."""
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file. Copy docs/xiaoling.example.toml there and fill it in.") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}. Example of a line: port = 8000") from error
    return from_data(data, home, path)


def from_data(data: Mapping[str, Any], home: Path, path: Path = Path("xiaoling.toml")) -> Settings:
    """Check what a file held. Raises ConfigError with every wrong setting, one a line."""
    try:
        file = _File.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_complaints(path, data, error))) from error
    url = file.database.url or f"sqlite:///{(home / 'xiaoling.db').as_posix()}"
    return Settings(file.server, url, file.school, home, path)


def _complaints(path: Path, data: Mapping[str, Any], error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        names = [part for part in problem["loc"] if isinstance(part, str) and " " not in part] or ["school"]
        example = EXAMPLES.get(".".join(names[-2:])) or EXAMPLES.get(names[-1])
        what = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            what, example = "there is no such setting; docs/xiaoling.example.toml has them all", None
        where = _where(problem["loc"], data)
        lines.append(f"{path.name}: {where}: {what}." + (f" Example: {names[-1]} = {example}" if example else ""))
    return lines


def _where(place: tuple[int | str, ...], data: Any) -> str:
    """A setting's place as people say it: an entry of a list by its name or code, else by its number from 1."""
    words = ""
    for part in place:
        if isinstance(part, str) and " " in part:
            continue  # the kind by which a union was resolved
        try:
            data = data[part]
        except (LookupError, TypeError):
            data = None
        if isinstance(part, str):
            words += f".{part}"
        else:
            entry = data if isinstance(data, Mapping) else {}
            words += f"[{entry.get('name' if 'connection' in words else 'code') or part + 1}]"
    return words.removeprefix(".") or "school"
