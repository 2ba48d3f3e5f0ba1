"""事项目录 and 办事指南: the catalogue by occasion, department or words; each item's guide, the eight disclosures."""

from __future__ import annotations

from common.web.items.views import blueprint

__all__ = ["blueprint"]
