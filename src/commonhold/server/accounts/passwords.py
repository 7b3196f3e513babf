"""What a password must not be, besides short: a word of the lists that are tried first, dressed up."""

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

_FEWEST_DIFFERENT = 5
# Digits and signs that people write for letters.
_DRESSED = str.maketrans("013457@$!", "oleastasi")
_OWN_WORDS = frozenset({"commonhold", "datacollective"})


class DressedUpPasswordValidator(CommonPasswordValidator):
    """Refuses common passwords, also with other letter shapes or digits around, and the same few signs over again."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ``ValidationError`` where the password is one of those."""
        super().validate(password, user)
        lower = password.lower()
        bare = re.sub(r"^[^a-z]+|[^a-z]+$", "", lower)
        forms = {bare, bare.translate(_DRESSED), re.sub(r"[^a-z]", "", lower.translate(_DRESSED))}
        known = any(form in self.passwords or form in _OWN_WORDS for form in forms)
        if known or len(set(lower)) < _FEWEST_DIFFERENT:
            raise ValidationError(self.get_error_message(), code="password_too_common")
