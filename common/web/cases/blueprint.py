"""The blueprint; the views add themselves."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint(
    "cases", __name__, template_folder="templates", static_folder="static", static_url_path="/static/cases"
)

from common.web.cases import deciding, rating, views  # noqa: E402, F401
