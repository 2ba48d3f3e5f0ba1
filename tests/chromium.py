"""Which Chromium the browser tests drive, and how it is started."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_WINDOWS = ("Microsoft/Edge/Application/msedge.exe", "Google/Chrome/Application/chrome.exe")

# For Playwright's `launch(executable_path=find(), args=ARGUMENTS)`. It is quiet: it asks no host but ours, and it
# starts as root and with little shared memory, as containers have it.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def find() -> str | None:
    """Path of a Chromium: the one named in BIANMIN_CHROMIUM, else the system's own, else None."""
    named = os.environ.get("BIANMIN_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    for folder in filter(None, (os.environ.get("PROGRAMFILES"), os.environ.get("PROGRAMFILES(X86)"))):
        for below in _WINDOWS:
            if (Path(folder) / below).is_file():
                return str(Path(folder) / below)
    return None
