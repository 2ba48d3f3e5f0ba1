"""The reconciliation desk 对账台: what conflicts, what waits, what has no effect and why (design 9, invariant 9)."""

from __future__ import annotations

from county_hub.desk.queries import count
from county_hub.desk.views import blueprint

__all__ = ["blueprint", "count"]
