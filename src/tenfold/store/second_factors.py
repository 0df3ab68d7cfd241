"""Second factors: time-based codes (RFC 6238) from an app, and recovery codes for when the app is lost.

The secret is kept sealed under the installation's key, recovery codes as keyed hashes. A code counts for its
own half minute and the one before and after; each half minute counts once, so a code that was seen over a
shoulder is worth nothing. (RFC 6238, sections 5.2 and 6)
"""

import hashlib
import secrets
import unicodedata
from datetime import datetime
from typing import Final, Literal

import pyotp
from pyotp.exceptions import OTPVerificationError

from tenfold.store import sealed
from tenfold.store.database import Conn

PURPOSE: Final = "second factors"  # what secrets are sealed for
ISSUER: Final = "Tenfold"  # how apps name the entry
WINDOW: Final = 1  # steps of 30 s before and after
CODES: Final = 10
CODE_LENGTH: Final = 10  # of 31 letters and digits: 49 bits
ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
PER_NAME: Final = 10  # wrong codes of one person in a throttling window, wherever they come from

Shown = Literal["app", "recovery"]


def begin(conn: Conn, key: bytes, user_id: int) -> str:
    """The secret to enrol with, in base32; the same until it is confirmed. ValueError if one is in use."""
    fresh = sealed.seal(pyotp.random_base32(), key, PURPOSE)
    row = conn.execute(
        """
        INSERT INTO second_factors AS f (user_id, secret) VALUES (%s, %s)
        ON CONFLICT (user_id) DO UPDATE SET secret = f.secret WHERE f.confirmed_at IS NULL
        RETURNING secret
        """,
        [user_id, fresh],
    ).fetchone()
    if row is None:
        raise ValueError("a second factor is enrolled already; reset it first")
    return sealed.unseal(row[0], key, PURPOSE)


def address(secret: str, name: str) -> str:
    """What the QR code says: an otpauth URI."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def confirm(conn: Conn, key: bytes, user_id: int, code: str, now: datetime) -> list[str] | None:
    """Take the second factor into use if the code is right; gives the recovery codes, to be shown once."""
    if not _used(conn, key, user_id, code, now, confirmed=False):
        return None
    conn.execute("UPDATE second_factors SET confirmed_at = %s WHERE user_id = %s", [now, user_id])
    return renew_codes(conn, key, user_id)


def check(conn: Conn, key: bytes, user_id: int, code: str, now: datetime) -> Shown | None:
    """What the person showed, which is used up by that; None if it is neither."""
    if _used(conn, key, user_id, code, now, confirmed=True):
        return "app"
    used = conn.execute(
        """
        UPDATE recovery_codes SET used_at = %s WHERE user_id = %s AND hash = %s AND used_at IS NULL
        """,
        [now, user_id, _hash(key, user_id, code)],
    )
    return "recovery" if used.rowcount else None


def renew_codes(conn: Conn, key: bytes, user_id: int) -> list[str]:
    """Fresh recovery codes instead of all earlier ones."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    conn.execute("DELETE FROM recovery_codes WHERE user_id = %s", [user_id])
    conn.execute(
        "INSERT INTO recovery_codes (user_id, hash) SELECT %s, unnest(%s::bytea[])",
        [user_id, [_hash(key, user_id, code) for code in codes]],
    )
    half = CODE_LENGTH // 2
    return [f"{code[:half]}-{code[half:]}" for code in codes]


def codes_left(conn: Conn, user_id: int) -> int:
    """How many recovery codes are unused."""
    row = conn.execute(
        "SELECT count(*) FROM recovery_codes WHERE user_id = %s AND used_at IS NULL", [user_id]
    ).fetchone()
    return int(row[0]) if row else 0


def reset(conn: Conn, user_id: int) -> bool:
    """Forget the second factor with its recovery codes; False if there was none."""
    conn.execute("DELETE FROM recovery_codes WHERE user_id = %s", [user_id])
    return conn.execute("DELETE FROM second_factors WHERE user_id = %s", [user_id]).rowcount == 1


def _used(conn: Conn, key: bytes, user_id: int, code: str, now: datetime, *, confirmed: bool) -> bool:
    """Whether the app shows this code now and it was not used before; uses it up."""
    digits = "".join(
        str(unicodedata.digit(sign)) for sign in code if unicodedata.digit(sign, None) is not None
    )
    row = conn.execute(
        "SELECT secret FROM second_factors WHERE user_id = %s AND (confirmed_at IS NOT NULL) = %s FOR UPDATE",
        [user_id, confirmed],
    ).fetchone()
    if row is None or len(digits) != 6 or len(code.strip()) > 12:
        return False
    app = pyotp.TOTP(sealed.unseal(row[0], key, PURPOSE))
    try:
        step = app.verify_and_get_timecode(digits, for_time=now, valid_window=WINDOW)
    except OTPVerificationError:
        return False
    used = conn.execute(
        "UPDATE second_factors SET last_step = %s WHERE user_id = %s AND last_step < %s",
        [step, user_id, step],
    )
    return used.rowcount == 1


def _hash(key: bytes, user_id: int, code: str) -> bytes:
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())[:100]
    secret = hashlib.sha256(key).digest()
    return hashlib.blake2b(f"{user_id} {plain}".encode(), key=secret, person=b"recovery").digest()
