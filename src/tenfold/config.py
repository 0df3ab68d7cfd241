"""Settings: the only place where the environment is read.

Every setting is an environment variable `TENFOLD_<NAME>`; `TENFOLD_<NAME>_FILE` names a file that
holds the value (for secrets). docs/operations.md lists them.
"""

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tenfold.taxonomy import Role

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]


class SettingsError(ValueError):
    """A setting that cannot be used: says which variable, why, and what would do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings with their defaults. Sizes in bytes, times in seconds unless named otherwise."""

    data_dir: Path = Path("tenfold-data")
    database_url: str = ""  # empty: the embedded PostgreSQL in data_dir
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8010
    base_url: str = ""  # how browsers reach the console, when a proxy stands before it
    workers: NotNegative = 1
    policies: tuple[Path, ...] = ()  # files or folders of rules; empty: the starter pack
    secret: str = ""  # key of all tokens; empty: made once and kept in data_dir
    max_body: Positive = 64 * 1024 * 1024  # of one request, after decompression
    max_event: Positive = 1024 * 1024
    max_events: Positive = 100_000  # in one request
    events_per_second: Positive = 100_000  # for one API key
    batch: Positive = 1_000  # events that a worker takes at once
    evaluate_deadline_ms: Positive = 500
    lease_minutes: Positive = 20
    appeal_days: Annotated[int, Meta(ge=184)] = 184  # how long one can appeal: six months and no less
    appeal_due_days: Positive = 14  # how soon an appeal is due
    uploads_dir: str = ""  # where files lie that events refer to, or s3://bucket/prefix; empty: no event may
    objects_dir: str = ""  # where uploaded bytes are kept, or on their way; empty: `objects` in data_dir
    objects_url: str = ""  # s3://bucket/prefix: where they are kept instead
    objects_endpoint: str = ""  # URL of the server that speaks S3; empty: that of the cloud
    max_upload: Positive = 512 * 1024 * 1024  # of one file sent to /v1/media
    media_retention_days: NotNegative = 0  # uploaded bytes go after so many days; 0: nothing goes
    retention_months: NotNegative = 0  # older events and sessions go; 0: nothing goes
    words: Literal["on", "off"] = "on"  # whether what is written in uploaded pictures is read
    closure_retention_days: NotNegative = 0  # fingerprints of accounts closed longer ago go; 0: none goes
    webhook_private_addresses: bool = False  # allow deliveries to loopback and private networks
    smtp_url: str = ""  # the mail server that calls go through; enforcement/mail_server.py reads it
    mail_from: str = ""  # the address that mails are from
    secure_cookies: bool = False  # set to true behind HTTPS
    session_hours: Positive = 12  # a login lasts so long
    session_idle_minutes: Positive = 60  # and ends after so long without use
    second_factor_roles: tuple[Role, ...] = ()  # who has one of them needs a second factor
    password_login: bool = True  # false: people come in by the provider alone, or by one-time links
    oidc_issuer: str = ""  # URL of the OpenID provider; empty: none
    oidc_client_id: str = ""
    oidc_client_secret: str = ""  # empty: a public client, with PKCE alone
    oidc_scopes: str = "openid profile"
    oidc_name_claim: str = "preferred_username"
    oidc_groups_claim: str = "groups"  # a name, or a path such as realm_access.roles
    oidc_roles: dict[str, tuple[Role, ...]] = {}  # roles by group; empty: roles are given here
    oidc_accounts: Literal["invited", "everyone"] = "invited"
    oidc_private_addresses: bool = False  # allow a provider on loopback and private networks
    oidc_ca_file: str = ""  # certificates that the provider's is checked against; empty: the usual ones
    locale: Literal["en", "ar"] = "en"  # of people added, and of visitors whose browser asks for neither
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def objects(self) -> Path:
        """The folder of uploaded bytes."""
        return Path(self.objects_dir) if self.objects_dir else self.data_dir / "objects"

    @property
    def session_lifetimes(self) -> tuple[timedelta, timedelta]:
        """How long a login lasts, and how long without use."""
        return timedelta(hours=self.session_hours), timedelta(minutes=self.session_idle_minutes)

    @property
    def url(self) -> str:
        """Where the console is, without a trailing slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read settings from the environment; keyword arguments (command-line options) win."""
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        name = f"TENFOLD_{field.name.upper()}"
        text = environment.get(name)
        file = environment.get(f"{name}_FILE")
        if text is None and file:
            try:
                text = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise SettingsError(f"{name}_FILE: cannot read {file}: {error.strerror}") from None
        if text is not None:
            values[field.name] = _read(name, field.name, text)
    values.update({key: value for key, value in overrides.items() if value is not None})
    url = values.get("database_url")
    if url and not url.startswith("postgresql://"):
        raise SettingsError("TENFOLD_DATABASE_URL: write it as postgresql://user:password@host/database")
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_convert_path)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        name = f"TENFOLD_{path.rstrip('`').upper()}"
        raise SettingsError(f"{name}: {message[0].lower()}{message[1:]}") from None


def _read(name: str, field: str, text: str) -> Any:
    """The text of a variable as its field takes it."""
    if field == "policies":
        return text.split(os.pathsep)
    if field == "second_factor_roles":
        return [part.strip() for part in text.split(",") if part.strip()]
    if field == "oidc_roles":
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise SettingsError(f'{name}: write it as {{"group": ["role", ...]}} in JSON; {error}') from None
    return text


def _convert_path(type_: type, value: Any) -> Any:
    if type_ is Path:
        return Path(value)
    raise NotImplementedError


def secret_key(settings: Settings) -> bytes:
    """The key under which personal data become tokens and API keys are hashed (at least 32 bytes).

    Made on first use and kept in `data_dir/secret` (mode 0600). Losing it makes old tokens
    unmatchable, so `tenfold backup` keeps it.
    """
    if settings.secret:
        if len(settings.secret) < 32:
            raise SettingsError("TENFOLD_SECRET: shorter than 32 characters; try `openssl rand -hex 32`")
        return settings.secret.encode()
    path = settings.data_dir / "secret"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_hex(32).encode())
    return path.read_bytes().strip()
