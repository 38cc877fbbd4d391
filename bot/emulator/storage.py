"""The emulator's memory on disk: one SQLite file in the home folder, so that a demonstration carries on after a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.emulator.records import Chat, Exchange, Message, Person, StoredFile

_TABLES = """
CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chats (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (seq INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS exchanges (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (id TEXT PRIMARY KEY, name TEXT, mime TEXT, content BLOB NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (session TEXT PRIMARY KEY, chat TEXT NOT NULL, until TEXT NOT NULL);
"""


class Storage:
    """Plain rows. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        # what is lost at a power cut is a demonstration's last second
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_TABLES}")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def people(self) -> list[Person]:
        return [Person(**json.loads(data)) for (data,) in self._all("SELECT data FROM people ORDER BY rowid")]

    def keep_person(self, person: Person) -> None:
        self._do("INSERT OR REPLACE INTO people VALUES (?, ?)", person.id, _json(asdict(person)))

    def chats(self) -> list[Chat]:
        """Those that were made on the way; the others follow from who is there."""
        found = (json.loads(data) for (data,) in self._all("SELECT data FROM chats ORDER BY rowid"))
        return [Chat(**values | {"members": tuple(values["members"])}) for values in found]

    def keep_chat(self, chat: Chat) -> None:
        self._do("INSERT OR REPLACE INTO chats VALUES (?, ?)", chat.id, _json(asdict(chat)))

    def messages(self) -> list[Message]:
        found = []
        for (data,) in self._all("SELECT data FROM messages ORDER BY seq"):
            values = json.loads(data)
            values["at"] = datetime.fromisoformat(values["at"])
            values["buttons"] = [(label, says) for label, says in values["buttons"]]
            found.append(Message(**values))
        return found

    def keep_message(self, message: Message) -> None:
        values = asdict(message) | {"at": message.at.isoformat()}
        self._do("INSERT OR REPLACE INTO messages VALUES (?, ?)", message.seq, _json(values))

    def forget_old(self, keep: int) -> None:
        """Leave the newest messages, `keep` of them, and of the files those that they show or that are younger than they."""
        for (data,) in self._all("SELECT data FROM messages ORDER BY seq DESC LIMIT 1 OFFSET ?", keep - 1):
            oldest = json.loads(data)
            self._do("DELETE FROM messages WHERE seq < ?", oldest["seq"])
            shown = {file for message in self.messages() for file in (*message.images, message.file)}
            for (file,) in self._all("SELECT id FROM files WHERE at < ?", oldest["at"]):
                if file not in shown:
                    self._do("DELETE FROM files WHERE id = ?", file)

    def exchanges(self) -> list[tuple[int, Exchange]]:
        found = []
        for number, data in self._all("SELECT id, data FROM exchanges ORDER BY id"):
            values = json.loads(data)
            found.append((number, Exchange(**values | {"at": datetime.fromisoformat(values["at"])})))
        return found

    def keep_exchange(self, number: int, exchange: Exchange) -> None:
        values = asdict(exchange) | {"at": exchange.at.isoformat()}
        self._do("INSERT OR REPLACE INTO exchanges VALUES (?, ?)", number, _json(values))

    def drop_exchanges(self, before: int) -> None:
        self._do("DELETE FROM exchanges WHERE id < ?", before)

    def file(self, file_id: str) -> StoredFile | None:
        for row in self._all("SELECT id, name, mime, content, at FROM files WHERE id = ?", file_id):
            return StoredFile(row[0], row[1], row[2], row[3], datetime.fromisoformat(row[4]))
        return None

    def keep_file(self, file: StoredFile) -> None:
        values = (file.id, file.name, file.mime, file.content, file.at.isoformat())
        self._do("INSERT INTO files VALUES (?, ?, ?, ?, ?)", *values)

    def keep_session(self, session: str, chat: str, until: datetime) -> None:
        """Forgets sessions that ended more than a day before `until`."""
        self._do("INSERT INTO sessions VALUES (?, ?, ?)", session, chat, until.isoformat())
        self._do("DELETE FROM sessions WHERE until < ?", (until - timedelta(days=1)).isoformat())

    def session(self, session: str) -> tuple[str, datetime] | None:
        for chat, until in self._all("SELECT chat, until FROM sessions WHERE session = ?", session):
            return chat, datetime.fromisoformat(until)
        return None

    def forget_chats(self) -> None:
        for table in ("messages", "exchanges", "files", "sessions"):
            self._do(f"DELETE FROM {table}")  # noqa: S608 - one of our own names

    def _all(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _do(self, statement: str, *values: object) -> None:
        with self._lock:
            self._db.execute(statement, values)


def _json(values: object) -> str:
    return json.dumps(values, ensure_ascii=False)
