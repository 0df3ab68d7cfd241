"""Banks switched on and off, wholly or for a share, in the audit log with who did it and why."""

from tenfold.store import audit, banks, media_contents
from tenfold.store.audit import By
from tenfold.store.banks import BankError
from tenfold.store.database import Conn


def set_enabled(conn: Conn, by: By, bank: str, enabled: bool) -> bool:
    """Let a bank match, or not; whether that changed anything. Raises UnknownBankError."""
    if not banks.set_enabled(conn, bank, enabled):
        return False
    audit.append(conn, [by.entry("bank.enabled" if enabled else "bank.disabled", f"bank:{bank}")])
    return True


def set_ratio(conn: Conn, by: By, bank: str, ratio: float) -> bool:
    """Ask a bank of media of this share of uploads, 0 to 1, always the same ones; whether that changed
    anything. Raises BankError."""
    found = banks.get(conn, bank)
    if found.kind != "media":
        raise BankError(
            f"{bank} is a bank of {found.kind}; only banks of media are asked of a share of uploads"
        )
    if found.ratio == ratio:
        return False
    media_contents.set_ratio(conn, bank, ratio)
    audit.append(conn, [by.entry("bank.ratio_set", f"bank:{bank}", ratio=ratio)])
    return True
