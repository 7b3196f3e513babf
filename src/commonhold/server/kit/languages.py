"""The languages that the site speaks itself: in pages, and in letters to people who read one of them."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import translation

# Each in its own words; locale as in `kit.translation`, then Django's code.
OFFERED = {
    "en-US": ("English", "en"),
    "ar": ("العربية", "ar"),
    "de": ("Deutsch", "de"),
    "es": ("Español", "es"),
    "fr": ("Français", "fr"),
    "hi": ("हिन्दी", "hi"),
    "ja": ("日本語", "ja"),
    "kn": ("ಕನ್ನಡ", "kn"),
    "pt-BR": ("Português (Brasil)", "pt-br"),
    "sw": ("Kiswahili", "sw"),
    "zh-CN": ("简体中文", "zh-hans"),
}
ENGLISH = "en"


@cache
def interface_language(locale: str) -> str:
    """Return Django's code of the language in which the site's own words are shown to a reader of ``locale``."""
    language = locale.split("-", maxsplit=1)[0]
    codes = [OFFERED[locale][1]] if locale in OFFERED else []
    codes += [code for name, (_, code) in OFFERED.items() if name.split("-")[0] == language]
    return next((code for code in codes if _has_catalogue(code)), ENGLISH)


def _has_catalogue(code: str) -> bool:
    folder = translation.to_locale(code)
    return any(Path(path, folder, "LC_MESSAGES", "django.mo").is_file() for path in settings.LOCALE_PATHS)
