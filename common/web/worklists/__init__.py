"""Worklists 待办, 待接收, 全部办件, 我的办件, and the search: one table, the oldest duty first."""

from __future__ import annotations

from common.web.worklists.views import blueprint

__all__ = ["blueprint"]
