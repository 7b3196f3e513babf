"""From text to search words, for what is indexed and for what is asked alike.

Both databases get words that are already folded (case, accents, width) and, where a script writes without spaces
(Chinese, Japanese, Thai, Lao, Khmer, Burmese), cut into overlapping pairs of characters.
"""

import re
import unicodedata

MOST_WORDS_ASKED = 12
LONGEST_WORD = 64

_UNSPACED = re.compile(
    "[\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003134f]+"
)
_WORD = re.compile(r"[^\W_]+")
# Marks that are letters in all but name (vowel signs of Indic scripts) stay; accents above and below go.
_ACCENTS = re.compile("[\u0300-\u036f]")


def fold(text: str) -> str:
    """Return ``text`` with case, width and accents folded away."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))


def cut(text: str) -> list[str]:
    """Return the search words of ``text``, in order, repeats kept."""
    words: list[str] = []
    position = 0
    folded = fold(text)
    for run in _UNSPACED.finditer(folded):
        words += _spaced(folded[position : run.start()])
        words += _pairs(run.group())
        position = run.end()
    return words + _spaced(folded[position:])


def asked(query: str) -> list[str]:
    """Return the words of a query, without repeats, at most :data:`MOST_WORDS_ASKED`."""
    return list(dict.fromkeys(cut(query[:1000])))[:MOST_WORDS_ASKED]


def _spaced(text: str) -> list[str]:
    joined = "".join(
        character if _WORD.match(character) or unicodedata.category(character).startswith("M") else " "
        for character in text
    )
    return [word[:LONGEST_WORD] for word in joined.split()]


def _pairs(run: str) -> list[str]:
    if len(run) == 1:
        return [run]
    return [run[start : start + 2] for start in range(len(run) - 1)]
