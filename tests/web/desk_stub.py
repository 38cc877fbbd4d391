"""A desk server in memory, so that the chat desk's page can be run, looked at and tested without the emulator.

It speaks the desk API over real HTTP with a school's worth of lifelike data, and answers a few words as the bot would.
`python tests/web/desk_stub.py` serves it by hand at http://127.0.0.1:8123. Nothing of the product imports it.
"""

from __future__ import annotations

import io
import itertools
import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from flask import Flask, Response, jsonify, request
from PIL import Image, ImageDraw
from werkzeug.serving import WSGIRequestHandler, make_server

EMULATOR = Path(__file__).resolve().parents[2] / "bot" / "emulator"
SCHOOL_TZ = timezone(timedelta(hours=8))
START = datetime(2026, 11, 23, 7, 12, tzinfo=SCHOOL_TZ)  # a Monday

Json = dict[str, Any]

PEOPLE = [
    ("wang", "王小燕", "三年级2班班主任"),
    ("zhang", "张建国", "校长"),
    ("li", "李明", "安全办主任"),
    ("zhao", "赵海英", "教导主任"),
    ("liu", "刘福生", "总务处电工"),
    ("ma", "马德胜", "保安队长"),
    ("chen", "陈静", "三年级组长"),
    ("sun", "孙丽", "少先队大队辅导员"),
    ("zhou", "周文斌", "体育教师"),
    ("wu", "吴桂芳", "食堂管理员"),
    ("zheng", "郑雅琴", "校医"),
    ("xu", "徐晓东", "信息技术教师"),
]
GROUPS = [
    ("d-staff", "dingtalk", "教职工群", [one[0] for one in PEOPLE], True, ""),
    ("d-patrol", "dingtalk", "安全巡查群", ["li", "liu", "ma", "wang", "zhou", "zhang"], True, ""),
    ("w-staff", "wecom", "教职工群", [one[0] for one in PEOPLE], False, "企业微信群里的机器人只能发，不能听。"),
    ("w-leaders", "wecom", "行政群", ["zhang", "li", "zhao"], False, "企业微信群里的机器人只能发，不能听。"),
]
FAULTS = [
    ("busy", "平台繁忙", "接下来 3 次发送被拒"),
    ("slow", "平台很慢", "每次调用多等 6 秒"),
    ("expired", "令牌过期", "下一次调用说令牌失效"),
    ("lost_ack", "回执丢失", "收下了，却当作没收到再送一次"),
    ("duplicate", "重复回调", "每句话送两遍"),
]
AGENDA = [  # (day offset, hour, minute, what)
    (0, 7, 30, "周一任务提醒"),
    (0, 16, 0, "任务提醒：私下催一催"),
    (0, 19, 0, "值班情况上报"),
    (7, 7, 30, "周一任务提醒"),
    (7, 16, 30, "11月汇总"),
]
TASKS_TEXT = (
    "### 本周任务（第 13 周）\n@王小燕 @陈静 等 12 位老师：\n1. 更新教室消防通道照片\n2. 三年级家长会材料，**周四前**\n"
    "3. [安全教育平台](https://example.com/task) 专题学习\n\n> 回复“完成”或“完成 2”就行，有事回“延期 2 到周五 等配件”。"
)


def picture(kind: str) -> bytes:
    """A drawn PNG: a corridor with a wet floor, a mended one, or a month's chart."""
    image = Image.new("RGB", (960, 720), "#d9d2c4")
    draw = ImageDraw.Draw(image)
    if kind == "chart":
        draw.rectangle((0, 0, 960, 720), fill="#fffdfa")
        for row in range(5):
            draw.line((90, 120 + row * 115, 910, 120 + row * 115), fill="#e8e1d5", width=2)
        for column, height in enumerate((180, 300, 240, 420, 360, 150)):
            left = 130 + column * 130
            draw.rectangle((left, 580 - height, left + 78, 580), fill="#c8742f" if column == 3 else "#e3b27f")
    else:
        draw.rectangle((0, 470, 960, 720), fill="#a9a093")
        draw.polygon([(0, 0), (250, 120), (250, 500), (0, 640)], fill="#cabfae")
        draw.rectangle((430, 190, 660, 470), fill="#b3332a", outline="#7d1f18", width=8)
        draw.rectangle((455, 215, 635, 445), outline="#f1d9cf", width=4)
        draw.ellipse((505, 290, 585, 370), fill="#f1d9cf", outline="#7d1f18", width=6)
        if kind == "leak":
            draw.ellipse((370, 510, 760, 640), fill="#8fa9b8")
            draw.rectangle((538, 370, 552, 560), fill="#9fc0d2")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


class Desk:
    """The school, its messages, and who listens. One lock: requests come on many threads."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.listeners: list[queue.Queue[tuple[str, Json]]] = []
        self.requests: list[tuple[str, Json]] = []  # what the page asked for, for the tests
        self.fail_next = ""  # a line with which the next message is refused
        self.clock_seconds = 0.0  # how long turning the clock takes
        self.lag = 0.15  # seconds until a message is delivered
        self.files = {kind: (picture(kind), "image/png") for kind in ("leak", "mended", "chart")}
        self.people: dict[str, Json] = {
            id_: {"id": id_, "name": name, "post": post, "known": True} for id_, name, post in PEOPLE
        }
        self.begin()

    def begin(self) -> None:
        """The demonstration school's first morning."""
        self.ids = itertools.count(1)
        self.now = START
        self.bot_up = True
        self.messages: dict[str, Json] = {}
        self.faults = {id_: {"id": id_, "label": label, "help": help_, "on": False} for id_, label, help_ in FAULTS}
        self.chats: dict[str, Json] = {}
        for id_, platform, title, members, hears, note in GROUPS:
            self._chat(id_, platform, "group", title, None, members, hears, note)
        for person in self.people.values():
            self._direct(person)
        self._history()

    def _chat(
        self,
        id_: str,
        platform: str,
        kind: str,
        title: str,
        person: str | None,
        members: list[str],
        hears: bool,
        note: str,
    ) -> None:
        self.chats[id_] = {"id": id_, "platform": platform, "kind": kind, "title": title, "person": person}
        self.chats[id_] |= {"members": list(members), "hears": hears, "note": note, "last_seq": 0}

    def _direct(self, person: Json) -> None:
        for letter, platform in (("w", "wecom"), ("d", "dingtalk")):
            id_ = f"{letter}-{person['id']}"
            self._chat(id_, platform, "direct", person["name"], person["id"], [person["id"]], True, "")

    def _history(self) -> None:
        friday = START - timedelta(days=3)
        leak = [{"url": "/files/leak"}]
        hazard = self.add(
            "d-patrol", "ma", "隐患 三楼东侧消防栓漏水，地面湿滑", at=friday.replace(hour=10, minute=41), images=leak
        )
        self.add(
            "d-patrol", "bot",
            "**YH-20261120-003** 已登记\n- 地点：三楼东侧\n- 类别：消防设施\n- 整改：@刘福生，11月23日（周一）前",
            at=friday.replace(hour=10, minute=41), markdown=True, mentions=["liu"],
            quote={"id": hazard["id"], "from": "ma", "text": hazard["text"], "image": "/files/leak"},
            buttons=[{"label": "我来整改", "says": "整改 3"}, {"label": "改派", "says": "转派 3"}],
        )  # fmt: skip
        self.add(
            "d-patrol", "liu", "整改 3 阀门换好了，地面拖干", at=friday.replace(hour=15, minute=20),
            images=[{"url": "/files/mended"}],
        )  # fmt: skip
        self.add(
            "d-patrol", "bot", "3 号已整改，请 @李明 复查。回“复查 3 通过”或“复查 3 退回 原因”。",
            at=friday.replace(hour=15, minute=20), mentions=["li"],
            buttons=[{"label": "复查通过", "says": "复查 3 通过"}, {"label": "退回", "says": "复查 3 退回"}],
        )  # fmt: skip
        for chat in ("d-staff", "w-staff"):
            self.add(
                chat, "bot", "### 本周安排\n**周三**下午升旗彩排，**周五**交值班表。\n\n天冷路滑，早到的慢一点。",
                at=START.replace(hour=7, minute=0), markdown=True, title="本周安排",
            )  # fmt: skip
        self.add("d-staff", "zhao", "升旗彩排几点集合？", at=START.replace(minute=3))
        self.add("d-staff", "bot", "周三 15:40 操场集合，班主任带队。", at=START.replace(minute=3))
        self.add(
            "d-wang", "bot", "早上好，王老师。今天轮到你护导：东门，7:20 到 7:50。", at=START.replace(hour=6, minute=50)
        )
        self.add("d-wang", "wang", "收到，和周老师换一下可以吗？", at=START.replace(hour=6, minute=58))
        self.add(
            "d-wang", "bot", "可以。要我去问周文斌老师吗？", at=START.replace(hour=6, minute=58),
            buttons=[{"label": "问一下", "says": "问一下"}, {"label": "不用了", "says": "不用了"}],
        )  # fmt: skip
        self.add("w-zhang", "bot", "上周隐患 4 条，已销号 3 条，1 条待复查。", at=START.replace(minute=5))
        self.add(
            "w-leaders", "bot", "10月汇总：任务完成 96%，隐患按期整改 11/12。", at=START - timedelta(days=24),
            images=[{"url": "/files/chart"}], file={"name": "10月汇总.docx", "url": "/files/chart"},
        )  # fmt: skip

    def add(self, chat: str, sender: str, text: str, *, at: datetime | None = None, **more: Any) -> Json:
        """A message, stored and pushed. more: any field of MESSAGE."""
        with self.lock:
            seq = next(self.ids)
            message: Json = {"id": f"m{seq}", "seq": seq, "chat": chat, "from": sender, "text": text, "markdown": False}
            message |= {"title": "", "images": [], "file": None, "quote": None, "buttons": [], "mentions": []}
            message |= {"at": (at or self.now).isoformat(), "state": "sent", "note": "", "wire": True} | more
            self.messages[message["id"]] = message
            self.chats[chat]["last_seq"] = seq
            self.push("message", message)
            return message

    def push(self, kind: str, data: Json) -> None:
        with self.lock:
            for listener in self.listeners:
                listener.put((kind, data))

    def due(self) -> list[tuple[datetime, str]]:
        """What is still to come, soonest first."""
        day = START.replace(hour=0, minute=0)
        moments = [(day + timedelta(days=days, hours=h, minutes=m), what) for days, h, m, what in AGENDA]
        return [(at, what) for at, what in moments if at > self.now]

    def state(self) -> Json:
        with self.lock:
            return {
                "school": "淄博高新区第一小学",
                "now": self.now.isoformat(),
                "next": self.next(),
                "bot": {"up": self.bot_up, "url": "http://127.0.0.1:8000"},
                "people": list(self.people.values()),
                "chats": list(self.chats.values()),
                "faults": list(self.faults.values()),
                "last_seq": max((one["seq"] for one in self.messages.values()), default=0),
            }

    def next(self) -> Json | None:
        coming = self.due()
        return {"at": coming[0][0].isoformat(), "what": coming[0][1]} if coming else None

    def deliver(self, message: Json) -> None:
        """After a while the message is sent or refused, and the bot answers."""
        time.sleep(self.lag)
        with self.lock:
            if message["id"] not in self.messages:
                return
            refused = self.faults["busy"]["on"]
            message |= {"state": "refused", "note": "平台繁忙，连续 3 次没送到"} if refused else {"state": "sent"}
            self.push("message", message)
            if not refused:
                self.answer(message)

    def answer(self, message: Json) -> None:
        text, chat, sender = message["text"], message["chat"], message["from"]
        if not self.people[sender]["known"]:
            self.add(chat, "bot", "你好，我还不认识你。请回复“我是 姓名 职务”，例如：我是 周静 美术教师")
        elif text.startswith("隐患"):
            self.add(
                chat, "bot", f"**YH-20261123-001** 已登记\n- 内容：{text[2:].strip()}\n- 已告诉 **李明**（安全办）",
                markdown=True,
                buttons=[{"label": "补一张照片", "says": "补照片 1"}, {"label": "撤销", "says": "撤销 1"}],
            )  # fmt: skip
        elif text == "帮助":
            self.add(
                chat, "bot", "你可以说：\n- **隐患** 加地点和情况\n- **完成**、**延期**\n- **值班**", markdown=True
            )
        else:
            self.add(chat, "bot", f"记下了：{text or '一张照片'}")

    def turn(self, to: str) -> list[Json]:
        coming = self.due()
        target = {
            "next": lambda: coming[0][0] if coming else self.now,
            "monday": lambda: next(
                day for day in ((self.now + timedelta(days=n)).replace(hour=7, minute=30) for n in range(9))
                if day > self.now and day.weekday() == 0
            ),
            "day": lambda: self.now + timedelta(days=1),
        }.get(to, lambda: datetime.fromisoformat(to))()  # fmt: skip
        time.sleep(self.clock_seconds)
        happened = []
        for at, what in coming:
            if at <= target:
                self.now = at
                happened.append({"at": at.isoformat(), "what": what})
                if what == "周一任务提醒":
                    self.add("d-staff", "bot", TASKS_TEXT, markdown=True, mentions=["wang", "chen"])
                    for who in ("wang", "chen", "zhou"):
                        name = self.people[who]["name"]
                        choices = [{"label": "完成", "says": "完成"}, {"label": "延期", "says": "延期 2 到周五"}]
                        self.add(f"d-{who}", "bot", f"{name[0]}老师，本周有 3 件事，周五放学前。", buttons=choices)
                else:
                    self.add("d-staff", "bot", f"{what}：请看单聊。")
        self.now = target
        self.push("clock", {"now": self.now.isoformat(), "next": self.next()})
        return happened


def wire_of(message: Json) -> list[Json]:
    """What carried the message, in the manner of the platforms."""
    plain = json.dumps(
        {"msgtype": "text", "text": {"content": message["text"]}, "senderStaffId": message["from"]}, ensure_ascii=False
    )
    return [
        {
            "direction": "from_bot" if message["from"] == "bot" else "to_bot",
            "title": "回调 POST /callback/demo/ding" if message["from"] != "bot" else "群消息 sessionWebhook",
            "at": message["at"], "method": "POST", "url": "http://127.0.0.1:8000/callback/demo/ding",
            "request_headers": {"timestamp": "1795389120000", "sign": "m0Zc3Yq2d8b1U0Vw=="},
            "request_body": "<xml><ToUserName><![CDATA[wwdemo]]></ToUserName><Encrypt><![CDATA["
            + "kZ3vQx9Lr0pT7mWc" * 14 + "==]]></Encrypt></xml>",
            "plain": plain, "status": 200, "response_body": '{"errcode":0,"errmsg":"ok"}', "ms": 14,
        }
    ]  # fmt: skip


def create_app(desk: Desk) -> Flask:
    """The desk API over `desk`, with the policy that the emulator's server sends."""
    app = Flask("desk_stub", static_folder=str(EMULATOR / "static"), static_url_path="/static")

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'; img-src 'self' blob: data:"
        response.headers["Cache-Control"] = "no-store"
        return response

    @app.get("/")
    def page() -> str:
        return (EMULATOR / "templates" / "desk.html").read_text("utf-8")

    @app.get("/api/state")
    def state() -> Response:
        return jsonify(desk.state())

    @app.get("/api/messages")
    def messages() -> Response:
        after, limit = request.args.get("after", 0, int), request.args.get("limit", 500, int)
        chat = request.args.get("chat", "")
        with desk.lock:
            found = [m for m in desk.messages.values() if m["seq"] > after and (not chat or m["chat"] == chat)]
        return jsonify({"messages": sorted(found, key=lambda m: m["seq"])[:limit]})

    @app.post("/api/chats/<chat>/messages")
    def say(chat: str) -> Any:
        if desk.fail_next:
            line, desk.fail_next = desk.fail_next, ""
            return jsonify({"error": line}), 409
        images = []
        for upload in request.files.getlist("image"):
            name = f"up{len(desk.files)}"
            desk.files[name] = (upload.read(), upload.mimetype)
            images.append({"url": f"/files/{name}"})
        quoted = desk.messages.get(request.form.get("quote", ""))
        quote = None
        if quoted:
            first = quoted["images"][0]["url"] if quoted["images"] else None
            quote = {"id": quoted["id"], "from": quoted["from"], "text": quoted["text"], "image": first}
        desk.requests.append(("say", dict(request.form) | {"chat": chat, "images": len(images)}))
        message = desk.add(
            chat, request.form["as"], request.form["text"], images=images, quote=quote, state="waiting"
        )  # fmt: skip
        answer = jsonify(message)
        threading.Thread(target=desk.deliver, args=(message,), daemon=True).start()
        return answer

    @app.post("/api/chats/<chat>/click")
    def click(chat: str) -> Response:
        asked = request.get_json()
        desk.requests.append(("click", asked | {"chat": chat}))
        message = desk.add(chat, asked["as"], asked["says"], state="waiting")
        answer = jsonify(message)
        threading.Thread(target=desk.deliver, args=(message,), daemon=True).start()
        return answer

    @app.post("/api/chats/<chat>/submit")
    def submit(chat: str) -> Any:
        asked = request.get_json()
        desk.requests.append(("submit", asked | {"chat": chat}))
        if not all(asked["chosen"].values()):
            return jsonify({"error": "先选好再提交。"}), 400
        form = desk.messages[asked["message"]]
        form["form"] = None
        desk.push("message", form)
        return jsonify(desk.add(chat, asked["as"], "、".join(sum(asked["chosen"].values(), []))))

    @app.get("/api/messages/<id_>/wire")
    def wire(id_: str) -> Response:
        return jsonify({"exchanges": wire_of(desk.messages[id_])})

    @app.post("/api/clock")
    def clock() -> Response:
        to = request.get_json()["to"]
        desk.requests.append(("clock", {"to": to}))
        happened = desk.turn(to)
        return jsonify({"now": desk.now.isoformat(), "happened": happened})

    @app.post("/api/faults/<id_>")
    def fault(id_: str) -> Response:
        desk.faults[id_]["on"] = request.get_json()["on"]
        desk.push("fault", desk.faults[id_])
        return jsonify(desk.faults[id_])

    @app.post("/api/people")
    def stranger() -> Response:
        asked = request.get_json()
        person = {"id": f"x{len(desk.people)}", "name": asked["name"], "post": asked["post"], "known": False}
        with desk.lock:
            desk.people[person["id"]] = person
            desk._direct(person)
            desk.push("chats", desk.state())
        return jsonify(person)

    @app.post("/api/transcript")
    def transcript() -> Response:
        since = request.get_json()["since"]
        desk.requests.append(("transcript", {"since": since}))
        names = {"bot": "bot"} | {id_: person["name"] for id_, person in desk.people.items()}
        lines = [f"{names[m['from']]}: {m['text']}" for m in desk.messages.values() if m["seq"] >= since]
        return Response("\n".join(lines), mimetype="text/plain")

    @app.post("/api/reset")
    def reset() -> Response:
        with desk.lock:
            desk.begin()
            desk.push("chats", desk.state())
        return jsonify({})

    @app.get("/api/events")
    def events() -> Response:
        mine: queue.Queue[tuple[str, Json]] = queue.Queue()
        with desk.lock:
            desk.listeners.append(mine)

        def stream() -> Iterator[str]:
            try:
                yield ": hello\n\n"
                while True:
                    try:
                        kind, data = mine.get(timeout=1)
                    except queue.Empty:
                        yield ": still here\n\n"
                        continue
                    if kind == "hang up":
                        return
                    yield f"id: {data.get('seq', 0)}\nevent: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
            finally:
                with desk.lock:
                    desk.listeners.remove(mine)

        return Response(stream(), mimetype="text/event-stream")

    @app.get("/files/<name>")
    def file(name: str) -> Response:
        content, kind = desk.files[name]
        return Response(content, mimetype=kind)

    return app


class Quiet(WSGIRequestHandler):
    """Says nothing for each request, and keeps connections open as a real server does."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  the library's name
        pass


@contextmanager
def serving(desk: Desk, port: int = 0) -> Iterator[str]:
    """Serve `desk` on loopback until the block ends; yields its address."""
    server = make_server("127.0.0.1", port, create_app(desk), threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        desk.push("hang up", {})
        server.shutdown()
        thread.join(5)
        server.server_close()


if __name__ == "__main__":
    with serving(Desk(), 8123) as address:
        print(address)
        threading.Event().wait()
