"""What stands before a body: the head of a request is written, that of an answer read (RFC 9112, sections 2 to 5)."""

from collections.abc import Mapping
from typing import NamedTuple

from commonhold.client.http.faults import MalformedError
from commonhold.client.http.stream import Stream

_LONGEST_LINE = 32 << 10
_LARGEST_HEAD = 128 << 10
_MOST_LINES = 200
_MOST_INTERIM = 10
_TOKEN = b"!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~"
_SWITCHING_PROTOCOLS = 101


class Head(NamedTuple):
    """The head of an answer.

    Attributes:
        status: its status code.
        is_1_1: whether it is of HTTP/1.1, and not of 1.0.
        headers: by their names in lower case; the values of one that came several times are joined by commas.
    """

    status: int
    is_1_1: bool
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        """Return one header, an empty text where it is absent."""
        return self.headers.get(name.lower(), "")

    @property
    def keeps_open(self) -> bool:
        """Whether the connection stays for another request (section 9.3)."""
        options = {option.strip() for option in self.header("Connection").lower().split(",")}
        return "close" not in options if self.is_1_1 else "keep-alive" in options


def request_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Write the head of a request.

    Raises:
        ValueError: something in it would be read as something else.
    """
    if not method.isalpha() or not _is_visible(target):
        raise ValueError("a request cannot be written like that")
    lines = [f"{method} {target} HTTP/1.1"]
    for name, value in headers.items():
        if not _is_token(name.encode()) or not _is_one_line(value):
            raise ValueError(f"the header {name!r:.40} cannot be sent")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def read_head(stream: Stream, deadline: float) -> Head:
    """Read the head of the answer, passing over those that only announce it (status 100 to 199).

    Raises:
        MalformedError: it is none.
        OSError: the connection broke, or the head was not complete by ``deadline``.
    """
    for _ in range(_MOST_INTERIM):
        head = _read_one(stream, deadline)
        if head.status == _SWITCHING_PROTOCOLS:
            raise MalformedError("it changes to a protocol that was not asked for")
        if head.status >= 200:
            return head
    raise MalformedError("it announces an answer that does not come")


def _read_one(stream: Stream, deadline: float) -> Head:
    version, _, rest = stream.line(_LONGEST_LINE, deadline).partition(b" ")
    code = rest.partition(b" ")[0]
    if version not in {b"HTTP/1.1", b"HTTP/1.0"} or len(code) != 3 or not code.isdigit() or code < b"100":
        raise MalformedError("it does not speak HTTP/1.1")
    headers: dict[str, str] = {}
    name, left = "", _LARGEST_HEAD
    for _ in range(_MOST_LINES):
        line = stream.line(_LONGEST_LINE, deadline)
        if not line:
            return Head(int(code), version == b"HTTP/1.1", headers)
        left -= len(line)
        if left < 0:
            break
        if line[0] in b" \t" and name:  # a line folded, as long ago: section 5.2
            headers[name] = f"{headers[name]} {_value(line)}"
            continue
        before, colon, after = line.partition(b":")
        if not colon or not _is_token(before):
            raise MalformedError("a header is malformed")
        name, value = before.decode("ascii").lower(), _value(after)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise MalformedError("its head is too long")


def _value(raw: bytes) -> str:
    value = raw.strip(b" \t").decode("latin-1")
    if not _is_one_line(value):
        raise MalformedError("a header is malformed")
    return value


def _is_token(name: bytes) -> bool:
    return bool(name) and not name.translate(None, _TOKEN)


def _is_visible(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and " " not in text


def _is_one_line(value: str) -> bool:
    return not any(character in value for character in "\r\n\0")
