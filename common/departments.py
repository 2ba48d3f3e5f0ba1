"""A department's signature 部门电子签名: its key at the hub, and its detached JWS on the text of a decision (R-507).

It is a system's signature that anyone can check against the published key; it is no legal seal.  The official seal
system would be joined here: ``sign`` is the one place that makes a department's signature.
"""

from __future__ import annotations

import secrets

from common.errors import NotFound
from common.keys import SigningKey, jws_sign
from common.node import Node


def ensure_key(node: Node, office: str) -> None:
    """Draw and publish the department's key, unless it has one; inside the caller's transaction."""
    if office in node.reference.department_keys:
        return
    seed = secrets.token_bytes(32)
    with node.store.write():
        node.store.local.set_secret(_name(office), seed)
        node.publish("department.keyed", {"office": office, "key": SigningKey(seed).public_jwk()})


def sign(node: Node, office: str, document: str) -> tuple[str, str]:
    """(detached JWS, kid) of the department over the UTF-8 text of a document.  NotFound where no key lies here.

    The caller has asked the chief representative's own password at this moment.
    """
    seed = node.store.local.secret(_name(office))
    if seed is None:
        raise NotFound("department.no_key", office=node.reference.office_name(office))
    key = SigningKey(seed)
    return jws_sign(key, document.encode("utf-8")), key.kid


def _name(office: str) -> str:
    return f"department:{office}"
