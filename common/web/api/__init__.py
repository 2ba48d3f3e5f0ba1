"""The JSON API ``/api/v1``: what a program may do in the name of an officer whose bearer token it has."""

from __future__ import annotations

from common.web.api.views import api_pages

__all__ = ["api_pages"]
