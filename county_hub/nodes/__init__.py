"""Nodes 节点: which machine has not been heard from, what is wrong with it, what to do; taking one out of service."""

from __future__ import annotations

from county_hub.nodes.views import blueprint

__all__ = ["blueprint"]
