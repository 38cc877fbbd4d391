"""`python -m tests.bench.server echo|bot PORT`: what is measured, behind the same server with the same threads.

echo: the barest Flask answer. bot: the real service over the data folder that the bench made ready, without its log.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import structlog
from flask import Flask, request
from waitress import create_server

from bot.app import build
from bot.server import THREADS, spare_the_collector
from bot.settings import read


def echo() -> Flask:
    web = Flask("echo")

    @web.post("/")
    def say() -> bytes:
        return request.get_data()

    return web


def bot() -> Flask:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    home = Path(os.environ["XIAOLING_HOME"])
    return build(read(home / "xiaoling.toml", home)).web  # not started: what is sent out is no part of this figure


if __name__ == "__main__":
    web = echo() if sys.argv[1] == "echo" else bot()
    spare_the_collector()
    create_server(web, host="127.0.0.1", port=int(sys.argv[2]), threads=THREADS, ident=None).run()
