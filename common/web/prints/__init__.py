"""Prints of registration: 申请表, 代办委托书 (R-102), 收件凭证 (R-201)."""

from __future__ import annotations

from common.web.prints.views import blueprint

__all__ = ["blueprint"]
