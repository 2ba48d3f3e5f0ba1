"""What citizens open on a phone: how a case stands, for who has its number and query code.  No login."""

from __future__ import annotations

from county_hub.public.views import blueprint

__all__ = ["blueprint"]
