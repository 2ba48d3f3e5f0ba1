"""The store of one node: an encrypted file, opened through ``open_store`` and by nothing else (design 8).

ledger     every event, in the order taken; heads, runs, side branches
waiting    good events that came too early        stubs   what cannot be read
feeds      what concerns each division below      peers   other nodes: heads, cursors, request ids
evidence   Merkle tree, checkpoints, county's receipts
views      what pages ask for, made from the ledger
local      settings, secrets, drafts ...          accounts   passwords, sessions, tokens
checks     what the tables must say of each other
"""

from __future__ import annotations

from common.store.opening import SCHEMA, Store, open_store

__all__ = ["SCHEMA", "Store", "open_store"]
