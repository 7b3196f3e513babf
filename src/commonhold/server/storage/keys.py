"""Object keys, and the names of the files people upload.

A key is ``datasets/<id>/<version>/<file name>`` or the like. Keys become paths, URLs and S3 keys, so they
are held to what is harmless and means one thing in all three, in any language.
"""

import re
import unicodedata

MAX_KEY_BYTES = 1024  # S3's own bound
MAX_SEGMENT_BYTES = 255  # what file systems hold
MAX_SEGMENTS = 16

ARCHIVE_TYPES = {".tar.gz": "application/gzip", ".tgz": "application/gzip", ".zip": "application/zip"}

_ENDINGS = "The file name must end in .tar.gz, .tgz or .zip."

# Segments of letters, digits and a few signs, with single dots inside: harmless whatever they are.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_+=@-]+(?:[./][A-Za-z0-9_+=@-]+)*")
_PUNCTUATION = frozenset("-_.+=@,()!'~ ")
# Persian and several Indic languages are written with them. Other format characters can disguise a name.
_JOINERS = frozenset("\u200c\u200d")


class InvalidKeyError(ValueError):
    """The text is no object key; the message says why."""


class InvalidFilenameError(ValueError):
    """The text is no name for an uploaded archive; the message tells the publisher why."""


def check_key(key: str) -> tuple[str, ...]:
    """Return the segments of a valid key.

    Raises:
        InvalidKeyError: it is empty or too long, or a segment of it is not harmless.
    """
    segments = tuple(key.split("/"))
    # Most keys need no second look, which every signed URL would pay for.
    if len(segments) <= MAX_SEGMENTS and len(key) <= MAX_SEGMENT_BYTES and _PLAIN_KEY.fullmatch(key):
        return segments
    if len(segments) > MAX_SEGMENTS:
        raise InvalidKeyError(f"An object key has at most {MAX_SEGMENTS} segments.")
    for segment in segments:
        if fault := _fault(segment):
            raise InvalidKeyError(f"A segment of an object key {fault}.")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise InvalidKeyError(f"An object key has at most {MAX_KEY_BYTES} bytes.")
    return segments


def bare_filename(name: str) -> str:
    """Return ``name``, in Unicode's composed form, if it may name an uploaded archive (decision 15).

    Raises:
        InvalidFilenameError: it holds a path, a character that is not harmless, or another ending.
    """
    if len(name) <= MAX_SEGMENT_BYTES:
        name = unicodedata.normalize("NFC", name)
    if fault := _fault(name):
        raise InvalidFilenameError(f"The file name {fault}.")
    if not archive_suffix(name):
        raise InvalidFilenameError(_ENDINGS)
    return name


def archive_suffix(name: str) -> str | None:
    """Return the ending that tells an archive's type (``.tar.gz``, ``.tgz`` or ``.zip``), or None."""
    lower = name.lower()
    for suffix in ARCHIVE_TYPES:
        if lower.endswith(suffix) and len(lower) > len(suffix):
            return suffix
    return None


def archive_content_type(name: str) -> str:
    """Return the media type that belongs to an archive's name.

    Raises:
        InvalidFilenameError: the name has another ending.
    """
    suffix = archive_suffix(name)
    if suffix is None:
        raise InvalidFilenameError(_ENDINGS)
    return ARCHIVE_TYPES[suffix]


def _fault(segment: str) -> str | None:
    """Say what is wrong with one segment, as the end of a sentence that names it."""
    if not segment:
        return "is empty"
    # Counted in characters first: an endless name is not worth looking at.
    if len(segment) > MAX_SEGMENT_BYTES or len(segment.encode(errors="replace")) > MAX_SEGMENT_BYTES:
        return f"is longer than {MAX_SEGMENT_BYTES} bytes"
    for character in segment:
        if not _is_harmless(character):
            return f"holds a character that is not allowed (U+{ord(character):04X})"
    if segment[0] in ". " or segment[-1] in ". ":
        return "begins or ends with a dot or a space"
    if unicodedata.normalize("NFC", segment) != segment:
        return "is not in Unicode's composed form (NFC)"
    return None


def _is_harmless(character: str) -> bool:
    return character in _PUNCTUATION or character in _JOINERS or unicodedata.category(character)[0] in "LMN"
