"""Secrets that must be read again, kept encrypted under the installation's key: Fernet (AES-128-CBC with
HMAC-SHA-256), a key of its own for each purpose by HKDF."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class UnsealError(ValueError):
    """The secret was sealed under another installation key, or for another purpose, or was changed."""


def seal(text: str, key: bytes, purpose: str) -> str:
    """Encrypt `text` for a purpose under the installation's key."""
    return _box(key, purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, key: bytes, purpose: str) -> str:
    """The text again; raises UnsealError."""
    try:
        return _box(key, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UnsealError(f"cannot be opened with this installation's key ({purpose})") from None


def _box(key: bytes, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tenfold {purpose}".encode()).derive(key)
    return Fernet(base64.urlsafe_b64encode(derived))
