"""What is said to the robot, in private or with @, comes over a connection that the bot opened itself."""

from __future__ import annotations

import json

from bot.clock import monotonic
from bot.emulator import dingtalk_callbacks
from bot.emulator.dingtalk_cards import Cards, press_data
from bot.emulator.dingtalk_stream_server import ATTEMPTS, CARD, ROBOT, Acknowledged, Stream
from bot.emulator.records import Chat, Exchange, Message, Person
from bot.emulator.world import World


def build(world: World) -> StreamRoad:
    """DingTalk's way to the robot in Stream mode."""
    return StreamRoad(world)


class StreamRoad(Stream):
    """One app's gateway, and what people say over it."""

    hears_groups = True

    def __init__(self, world: World) -> None:
        super().__init__(world.clock)
        self._world = world

    def carry(self, message: Message, chat: Chat, person: Person) -> str:
        """Each frame until it is acknowledged, three times at most; twice in all where callbacks come double."""
        world, failure = self._world, ""
        if message.pressed:
            on = world.message(message.pressed)
            data = json.dumps(press_data(on, message.text, person, chat), ensure_ascii=False)
            return self._carry_twice(CARD, data, message)
        quoted = world.message(message.quote) if message.quote else None
        session = world.open_session(chat)
        for parcel in dingtalk_callbacks.parcels(message, quoted, person, chat, session, "", world.clock):
            told = self._carry_twice(ROBOT, parcel.body.decode(), message)
            failure = failure or told
        return failure

    def _carry_twice(self, topic: str, data: str, message: Message) -> str:
        times = 2 if self._world.faults.on("duplicate_callback") else 1
        return [self._carry(topic, data, message) for _ in range(times)][0]

    def _carry(self, topic: str, data: str, message: Message) -> str:
        failure = ""
        for _ in range(ATTEMPTS):
            line = self.line("CALLBACK", topic)
            if line is None:
                return "校铃没有连上来，请看看它开着没有"
            started = monotonic()
            cuts = self._world.faults.strikes("cut_line")
            if cuts:
                line.socket.send(json.dumps(self.frame("CALLBACK", topic, data), ensure_ascii=False))
                self.cut()
                answer = Acknowledged({"type": "CALLBACK"})
            else:
                answer = self.bring_once(line, "CALLBACK", topic, data)
            failure = "" if answer.taken else "校铃没有收下"
            if not failure and self._world.faults.strikes("lost_ack"):
                failure = "回执丢了"
            self._note(topic, data, message, answer, started)
            if not failure:
                self._answered(message, answer)
                return ""
        return f"{failure}，试了 {ATTEMPTS} 次"

    def _answered(self, message: Message, answer: Acknowledged) -> None:
        response = answer.data.get("response")
        if message.pressed and isinstance(response, dict):
            on, chat = self._world.message(message.pressed), self._world.chat(message.chat)
            Cards(self._world).answered(on, chat, response)

    def _note(self, topic: str, data: str, message: Message, answer: Acknowledged, started: float) -> None:
        sent = {name: str(value) for name, value in answer.sent.get("headers", {}).items()}
        plain = json.dumps(json.loads(data), ensure_ascii=False, indent=2)
        body = answer.body or {}
        self._world.note_exchange(
            Exchange(
                "to_bot", f"长连接 {topic}", self._world.clock.now(), "FRAME", self.endpoint, sent, data, plain,
                int(body.get("code", 0)), json.dumps(body, ensure_ascii=False) if body else "",
                int((monotonic() - started) * 1000), [message.id],
            )
        )  # fmt: skip
