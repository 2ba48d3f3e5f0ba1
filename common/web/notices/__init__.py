"""Notices 文书: the papers that acts give to the applicant, as pages for A4 (rules section 9)."""

from __future__ import annotations

from common.web.notices.views import blueprint

__all__ = ["blueprint"]
