"""An answer whose bytes are ready: it leaves without the framework looking at it again."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class Answer(Response[bytes]):
    """A status, headers and bytes, sent as they are.

    The framework's own response looks at headers, cookies and the body once more; on a read
    that costs about as much as the query.
    """

    def __init__(
        self, content: bytes, *, status_code: int, headers: Mapping[str, str], media_type: str
    ) -> None:
        """Keep what will be sent; `headers` may still be added to."""
        self.content = content
        self.status_code = status_code
        self.headers = dict(headers)
        self.media_type = media_type
        self.background = None
        self.cookies = []
        self.encoding = "utf-8"
        self.response_type_encoders = {}

    def to_asgi_response(
        self, app: object, request: Request[Any, Any, Any], **_: Any
    ) -> ASGIResponse:
        """Return what sends this answer."""
        del app, request
        return _Leaving(self)


class _Leaving(ASGIResponse):
    __slots__ = ("_answer",)

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        answer = self._answer
        body = b"" if answer.status_code in _WITHOUT_BODY else answer.content
        await send(
            {
                "type": "http.response.start",
                "status": answer.status_code or HTTPStatus.OK,
                "headers": list(_headers(answer, body)),
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _headers(answer: Answer, body: bytes) -> Iterator[tuple[bytes, bytes]]:
    for name, value in answer.headers.items():
        yield name.encode("latin-1"), value.encode("latin-1")
    if answer.status_code in _WITHOUT_BODY:
        return
    if "content-type" not in answer.headers:
        media_type = str(answer.media_type)
        charset = "; charset=utf-8" if media_type.startswith("text/") else ""
        yield b"content-type", f"{media_type}{charset}".encode("latin-1")
    yield b"content-length", str(len(body)).encode()
