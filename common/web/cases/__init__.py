"""One case 办件: its page with the story, and a page for each act that a person may do on it."""

from __future__ import annotations

from common.web.cases.blueprint import blueprint

__all__ = ["blueprint"]
