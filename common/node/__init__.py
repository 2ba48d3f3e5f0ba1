"""The node 节点: the one write path, what follows from it, and what pages ask.

act     command -> fold -> decide -> sign -> append -> settle      one transaction
take    verify -> sort (append, hold, stub, refuse) -> settle      verified before the lock, one transaction
settle  fold each touched case once -> views -> feeds -> automatic acts, until nothing more is due
"""

from __future__ import annotations

from common.node.node import Clock, Node
from common.node.values import CaseFile, Fault, Outgoing, Paper, Receipt, Status, Taken, Truth

__all__ = ["CaseFile", "Clock", "Fault", "Node", "Outgoing", "Paper", "Receipt", "Status", "Taken", "Truth"]
