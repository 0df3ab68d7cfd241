"""What an account shows and betrays of the people who run it: against it returns are recognised. No I/O."""

import msgspec

MAX_SHOWN = 8  # profiles of each sort that are kept, latest first
MAX_TIES = 64  # accounts, groups, addresses, media of each sort that are kept, earliest first
MAX_TEXTS = 64  # of the latest posts
HOURS = 24


class Fingerprint(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An account as linkage sees it: nothing that is missing ever counts for or against a link.

    Times are microseconds since 1970. `handles`, `names`, `bios`, `avatars`, `banners`: each that it has
    shown, latest first, at most MAX_SHOWN. A picture is 64 hex digits of its PDQ hash, or else an id
    that only equals itself. `tokens` are (kind, keyed token), kind one of email, phone, device, address,
    network. `urls` are normal forms, of profile and posts. `media` are `pdq:<hex>` or `sha256:<hex>`.
    `texts` are 64-bit hashes of the folded texts of its latest posts. Ties are accounts' ids: those that
    it follows or mentions (it alone decides that), and those that follow or mention it (it does
    not). `announced_by` told others that this account is somebody's new one; `announces` are accounts
    that this one names as its own, older or newer. `hours` counts its posts by hour of the day, UTC; empty
    or HOURS long. `style` is the sketch of its way of writing (linkage.style), `style_chars` how
    many characters it rests on.
    """

    account: str
    created_us: int | None = None
    closed_us: int | None = None
    handles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    bios: tuple[str, ...] = ()
    avatars: tuple[str, ...] = ()
    banners: tuple[str, ...] = ()
    tokens: tuple[tuple[str, str], ...] = ()
    urls: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    texts: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    followed_by: tuple[str, ...] = ()
    mentioned_by: tuple[str, ...] = ()
    announced_by: tuple[str, ...] = ()
    announces: tuple[str, ...] = ()
    hours: tuple[int, ...] = ()
    style: bytes = b""
    style_chars: int = 0
    posts: int = 0
