"""Banks switched on and off, in the audit log with who did it and why; for command line and console."""

from tenfold.store import audit, banks
from tenfold.store.audit import By
from tenfold.store.database import Conn


def set_enabled(conn: Conn, by: By, bank: str, enabled: bool) -> bool:
    """Let a bank match, or not; whether that changed anything. Raises UnknownBankError."""
    if not banks.set_enabled(conn, bank, enabled):
        return False
    audit.append(conn, [by.entry("bank.enabled" if enabled else "bank.disabled", f"bank:{bank}")])
    return True
