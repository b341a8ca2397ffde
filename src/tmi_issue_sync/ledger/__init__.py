"""The ledger: the only SQL. What was intended, made and linked, durable before it happens."""

from .ledger import Ledger
from .lock import LedgerLock
from .rows import keeper

__all__ = ["Ledger", "LedgerLock", "keeper"]
