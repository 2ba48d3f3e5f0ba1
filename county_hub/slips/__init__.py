"""Enrolment slips 启用单: made for an office, printed, used once by the node that is enrolled by it."""

from __future__ import annotations

from county_hub.slips.views import blueprint

__all__ = ["blueprint"]
