"""The official Python client as its own examples use it; answers all, tells what came on its output.

DINGTALK_OPENAPI_ENDPOINT, which the client reads, names the host. Called with the app's key and secret.
"""

from __future__ import annotations

import json
import sys

from dingtalk_stream import (  # type: ignore[import-untyped]
    AckMessage,
    CallbackHandler,
    CallbackMessage,
    Credential,
    DingTalkStreamClient,
    EventHandler,
    EventMessage,
)

ROBOT, CARD = "/v1.0/im/bot/messages/get", CallbackHandler.TOPIC_CARD_CALLBACK


def tell(data: object) -> None:
    print(f"GOT {json.dumps({'data': data})}", flush=True)


class Said(CallbackHandler):  # type: ignore[misc]
    async def process(self, message: CallbackMessage) -> tuple[int, object]:
        tell(message.data)
        closed = {"cardData": {"cardParamMap": {"state": "closed"}}}
        return AckMessage.STATUS_OK, closed if message.headers.topic == CARD else None


class Happened(EventHandler):  # type: ignore[misc]
    async def process(self, event: EventMessage) -> tuple[int, str]:
        tell(event.data)
        return AckMessage.STATUS_OK, "OK"


class Client(DingTalkStreamClient):  # type: ignore[misc]
    def get_host_ip(self) -> str:
        """The client's own asks 8.8.8.8."""
        return "127.0.0.1"


client = Client(Credential(sys.argv[1], sys.argv[2]))
client.register_all_event_handler(Happened())
for topic in (ROBOT, CARD):
    client.register_callback_handler(topic, Said())
client.start_forever()
