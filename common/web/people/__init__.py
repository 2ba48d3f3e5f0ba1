"""Officers 人员: appointed one by one or from a list, and their appointments ended.

The county appoints anybody, a township for itself and its villages; a village appoints none.  Passwords are set where
the officer works (``common.web.account``).
"""

from __future__ import annotations

from common.web.people.views import blueprint

__all__ = ["blueprint"]
