"""Secrets of webhooks: made here, kept encrypted under the installation's key."""

import base64
import binascii
import secrets

from tenfold.store import sealed

PREFIX = "whsec_"
PURPOSE = "webhook secrets"
SECRET_BYTES = 32  # Standard Webhooks asks for 24 to 64


class SecretError(ValueError):
    """A secret that cannot be used; says why."""


def new_secret() -> str:
    """A fresh secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_secret(secret: str) -> None:
    """SecretError unless it is `whsec_` and 24 to 64 bytes in base64."""
    try:
        raw = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not secret.startswith(PREFIX) or not 24 <= len(raw) <= 64:
        raise SecretError(
            "a webhook secret is whsec_ and 24 to 64 bytes in base64; leave it out to have one made"
        )


def seal(secret: str, key: bytes) -> str:
    """Encrypt a secret under the installation's key."""
    return sealed.seal(secret, key, PURPOSE)


def unseal(text: str, key: bytes) -> str:
    """The secret again; SecretError if the installation's key is another one now."""
    try:
        return sealed.unseal(text, key, PURPOSE)
    except sealed.UnsealError:
        raise SecretError(
            "the webhook's secret was sealed under another installation key; restore TENFOLD_SECRET or "
            "data_dir/secret, or remove the webhook and add it again"
        ) from None
