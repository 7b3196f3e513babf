"""One request, written as a program in each of the languages people paste: the key is read from the environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KEY = "COMMONHOLD_API_KEY"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to show.

    Attributes:
        method: in capitals.
        url: whole.
        with_key: whether a key is sent along.
        body: what is sent as JSON; None for nothing.
    """

    method: str
    url: str
    with_key: bool
    body: Any = None


def samples(call: Call) -> Mapping[str, str]:
    """Return programs that send the request and print the answer, by the name of their language."""
    return {"curl": curl(call), "Python": python(call), "JavaScript": javascript(call), "R": r(call)}


def curl(call: Call) -> str:
    """Return a command for any POSIX shell."""
    lines = ["curl" + (f" -X {call.method}" if call.method != "GET" else "")]
    if call.with_key:
        lines.append(f'-H "Authorization: Bearer ${KEY}"')
    if call.body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d '{_json(call.body)}'"]
    return " \\\n  ".join([*lines, f'"{call.url}"'])


def python(call: Call) -> str:
    """Return a program for Python with Requests."""
    arguments = [f'"{call.url}"']
    if call.with_key:
        arguments.append(f'headers={{"Authorization": f"Bearer {{os.environ[\'{KEY}\']}}"}}')
    if call.body is not None:
        arguments.append(f"json={call.body!r}")
    inner = "".join(f"\n    {argument}," for argument in arguments)
    lead = "import os\n\nimport requests" if call.with_key else "import requests"
    return f"{lead}\n\nanswer = requests.{call.method.lower()}({inner}\n)\nprint(answer.status_code, answer.text)"


def javascript(call: Call) -> str:
    """Return a module for Node 18 and later."""
    headers = [f"Authorization: `Bearer ${{process.env.{KEY}}}`"] if call.with_key else []
    headers += ['"Content-Type": "application/json"'] if call.body is not None else []
    options = [f'method: "{call.method}"'] if call.method != "GET" else []
    options += [f"headers: {{ {', '.join(headers)} }}"] if headers else []
    options += [f"body: JSON.stringify({_json(call.body)})"] if call.body is not None else []
    inner = "".join(f"\n  {option}," for option in options)
    more = f", {{{inner}\n}}" if options else ""
    return (
        f'const answer = await fetch("{call.url}"{more});\nconsole.log(answer.status, await answer.text());'
    )


def r(call: Call) -> str:
    """Return a program for R with httr2."""
    steps = [f'request("{call.url}")']
    if call.method != "GET":
        steps.append(f'req_method("{call.method}")')
    if call.with_key:
        steps.append(f'req_auth_bearer_token(Sys.getenv("{KEY}"))')
    if call.body is not None:
        steps.append(f"req_body_raw('{_json(call.body)}', \"application/json\")")
    steps += ["req_error(is_error = \\(answer) FALSE)", "req_perform()", "resp_raw()"]
    return "library(httr2)\n\n" + " |>\n  ".join(steps)


def _json(value: Any) -> str:
    """Return JSON that may stand between single quotes in a shell, in JavaScript and in R."""
    return json.dumps(value, ensure_ascii=False).replace("'", "\\u0027")
