"""The cheapest site there is: one constant JSON answer, whatever is asked."""

import os
from collections.abc import Callable
from typing import Any

BODY = b"x" * int(os.environ.get("CONSTANT_BYTES", "900"))
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answer the constant."""
    start_response("200 OK", HEADERS)
    return [BODY]
