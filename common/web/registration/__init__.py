"""Registration 登记: find the item, fill in, check, done; the same pages at the village, the township and the county.

queries      what the pages ask: items, places, earlier applications
applicant    who applies      application    what was filled in, and what follows from it      drafts    how it is kept
versions     which page may change a draft
views        find, fill in, check, done      papers         capture      corrections    what is handed in later
"""

from __future__ import annotations

from common.web.registration.pages import blueprint

__all__ = ["blueprint"]
