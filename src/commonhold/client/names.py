"""File names that a server sends, held to what is safe to make in somebody's folder.

A name is data from a stranger. Only a bare, visible, portable name passes; everything else is refused, never
repaired: a repaired name is a name nobody promised.
"""

import unicodedata

from commonhold.client.errors import ProtocolError

#: Names of ours that stand beside a file; a server must not be able to forge one of them.
OWN_SUFFIXES = (".part", ".journal", ".progress", ".lock", ".commonhold")
# 255 bytes is what common file systems take; our longest addition to a name is below 40.
_LONGEST = 215
_FORBIDDEN = set('/\\:*?"<>|')
_DEVICES = {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}


def safe_name(name: str) -> str:
    """Return ``name`` when it is a bare name that may be made in the download folder.

    Raises:
        ProtocolError: it is anything else; the message says why.
    """
    why = _fault(name)
    if why:
        message = f"The site sent the file name {name[:80]!r}, which {why}. Nothing was written."
        raise ProtocolError(
            message, hint="Tell the people who run the site; a correct site sends bare names only."
        )
    return name


def _fault(name: str) -> str | None:
    misleads = name.startswith((".", "~", "-", " ")) or name.endswith((".", " "))
    unseen = any(
        unicodedata.category(character)[0] == "C" or character in "\u2028\u2029" for character in name
    )
    faults = {
        "is empty, hidden, or begins or ends with a character that misleads": not name or misleads,
        f"is longer than {_LONGEST} bytes": len(name.encode("utf-8", "surrogatepass")) > _LONGEST,
        "is not a bare name": any(character in _FORBIDDEN for character in name),
        "holds control or invisible characters": unseen,
        "is one that this program uses for its own records": name.lower().endswith(OWN_SUFFIXES),
        "is the name of a device on some systems": name.split(".", 1)[0].lower() in _DEVICES,
    }
    return next((why for why, is_so in faults.items() if is_so), None)
