"""Opening a page for whoever sits at the terminal."""

import os
import sys


def open_page(url: str) -> bool:
    """Open a page in the browser; False where nobody would see it, or there is none.

    On a machine without a screen the browsers that are found are those of the terminal, which would take it over.
    """
    has_screen = sys.platform in {"darwin", "win32"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    if not has_screen or not sys.stderr.isatty():
        return False
    import webbrowser  # noqa: PLC0415 -- needed only here

    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
