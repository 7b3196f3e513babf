"""The name a download is saved under."""

import re
from urllib.parse import quote

_PLAIN = re.compile(r"[A-Za-z0-9_+=@-][A-Za-z0-9_+=@.-]*")


def attachment(filename: str) -> str:
    """Write ``Content-Disposition`` for any name (RFC 6266): plain for old clients, else RFC 8187 as well.

    What could lead a client elsewhere or end the header (separators, control characters) becomes ``_``.
    """
    if _PLAIN.fullmatch(filename):
        return f'attachment; filename="{filename}"'
    name = "".join("_" if letter in '/\\"' or not letter.isprintable() else letter for letter in filename)
    name = name.lstrip(". ") or "download"
    plain = "".join(letter if letter.isascii() else "_" for letter in name)
    value = f'attachment; filename="{plain}"'
    # A percent sign in the plain form is decoded by some clients: give the exact form too.
    if plain != name or "%" in plain:
        value += f"; filename*=UTF-8''{quote(name, safe='')}"
    return value
