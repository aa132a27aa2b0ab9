"""Open an address in the user's browser."""

from __future__ import annotations

import os
import sys
import webbrowser

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def open_in_browser(address: str) -> bool:
    """Open an address; return false where there is no browser with a window of its own.

    Without a screen Python would start a browser of the terminal, over what is printed there.
    """
    if sys.platform == "linux" and not any(map(os.environ.get, _SCREENS)):
        return False
    return webbrowser.open(address)
