"""The two forms in which DingTalk says no."""

from __future__ import annotations


class NewError(Exception):
    """The new API's: becomes an HTTP error with code and message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


class OldError(Exception):
    """The old API's: becomes HTTP 200 with errcode and errmsg."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message
