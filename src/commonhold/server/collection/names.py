"""The forms of names and credentials that several sections share."""

from typing import Final

from commonhold.server.collection.forms import File, Integer, Pattern

Texts = dict[str, str]
"""Canonical locale to text; empty when the key was null."""

RESERVED: Final = frozenset({"filters", "search", "autocomplete"})

_SLUG = r"[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?"
_SLUG_IN_WORDS = "slug (1 to 100 of `a-z 0-9 - . _`, a letter or digit first and last)"
ID = Pattern(
    "id (1 to 64 of `A-Z a-z 0-9 - _`, a letter or digit first)", r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", RESERVED
)
SLUG_OF_DATASET = Pattern(_SLUG_IN_WORDS, _SLUG, RESERVED)
SLUG_OF_ORGANIZATION = Pattern(_SLUG_IN_WORDS, _SLUG)
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
EMAIL = Pattern(
    "e-mail address",
    rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@"
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])",
    lower=True,
)
RATE = Pattern("rate such as `1000/minute`", r"[1-9][0-9]{0,8}/(second|minute|hour|day)")
ISSUER = Pattern("issuer such as `user:12345:67`", r"[A-Za-z0-9]([A-Za-z0-9:._@+-]{0,253}[A-Za-z0-9])?")
JWT_SECRET = Pattern("secret of 64 hexadecimal characters", r"[0-9A-Fa-f]{64}", secret=True)
LANGUAGE = Pattern(
    "language tag of up to 20 characters", r"(?=.{1,20}\Z)[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*"
)
COUNT = Integer(1, 2**63 - 1)
ARCHIVE = File((".tar.gz", ".tgz", ".zip"))
