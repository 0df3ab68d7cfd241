"""What an account has done by its n-th post: when it wrote, what it shared, and where from.

Everything grows: what an account shows after three posts is the beginning of what it shows after thirty.
"""

import msgspec

from tenfold.fingerprint import HOURS
from tenfold.simulation import cast as casts
from tenfold.simulation import disguises
from tenfold.simulation.cast import Cast
from tenfold.simulation.company import Company
from tenfold.simulation.drawing import Drawing
from tenfold.simulation.mixing import mix
from tenfold.simulation.operators import Operator
from tenfold.simulation.personas import CARRIERS, Persona
from tenfold.simulation.rhythm import BY_HOUR
from tenfold.simulation.spec import DAY

VPN_EXITS = 300
HOUSEHOLDS_IN_BLOCK = 12  # of the platform in a /24, on average
LEASE = 30 * DAY  # after which most home addresses change
ACCOUNTS_PER_CARRIER_ADDRESS = 40
MOBILE = 0.35  # of sessions come through a carrier's shared address
COMMON_TEXTS, COMMON_TEXT_SHARE = 4_000, 0.03  # greetings and chain letters that many post
SLOGANS, SLOGAN_SHARE = 600, 0.12  # texts that many of the network post
SITES, PAGES, URL_SHARE = 20_000, 1_000, 0.15
NETWORK_SITES, NETWORK_URL_SHARE = 400, 0.4
MEMES, NETWORK_IMAGES, SHARED_MEDIA_SHARE, MEDIA_SHARE = 3_000, 400, 0.3, 0.12
MENTION_SHARE = 0.25  # of posts name somebody
ARCHIVE, ARCHIVE_SHARE = 12, 0.15  # things of each sort that a person keeps; of their posts share one again
VERBATIM_SHARE = 0.5  # of a framer's posts are the copied account's, word for word
PEAK_SHARE = 0.45  # of posts in one's own favourite hours
NO_AUTHOR = -1  # of a text that many post

_share = 1_000 / float(BY_HOUR.sum())
_hours = [hour for hour in range(HOURS) for _ in range(round(float(BY_HOUR[hour]) * _share))]


class Written(msgspec.Struct):
    """What an account posted, earliest first: texts as (seed, the account that wrote it first)."""

    hours: list[int]
    texts: list[tuple[int, int]]
    urls: list[str]
    media: list[str]
    mentions: list[str]


class Activity:
    """Draws what accounts do, each subject from its own seed."""

    def __init__(self, cast: Cast, company: Company, seed: int) -> None:
        self._cast, self._company, self._seed = cast, company, seed
        self._random = Drawing(seed)
        self._pool = max(4.0, len(cast) / ACCOUNTS_PER_CARRIER_ADDRESS / CARRIERS)
        self._blocks = max(1, len(cast) // HOUSEHOLDS_IN_BLOCK)

    def written(
        self, account: int, persona: Persona, posts: int, copied: list[tuple[int, int]] | None = None
    ) -> Written:
        """The first `posts` posts. `copied`: texts of the account that a framer copies."""
        self._random.restart(self._seed << 40 | account << 3 | 1)
        draw = self._random.random
        network = self._cast.kind[account] == casts.OPERATOR
        peak = mix(persona.archive) % HOURS
        offset = persona.zone - persona.identity.shift
        again = ARCHIVE_SHARE * (1 - 0.8 * persona.opsec)
        told = Written([0] * HOURS, [], [], [], [])
        for _ in range(posts):
            local = peak + int(3 * draw()) if draw() < PEAK_SHARE else _hours[int(draw() * len(_hours))]
            told.hours[(local - offset) % HOURS] += 1
            told.texts.append(self._text(account, persona, network, copied))
            if draw() < URL_SHARE:
                kept = draw() < again
                told.urls.append(self._kept_url(persona) if kept else self._url(network))
            if draw() < MEDIA_SHARE:
                kept = draw() < again
                told.media.append(self._kept_media(persona) if kept else self._media(network))
            if draw() < MENTION_SHARE:
                told.mentions.append(self._company.acquaintance(account, persona, draw))
        return told

    def _text(
        self, account: int, persona: Persona, network: bool, copied: list[tuple[int, int]] | None
    ) -> tuple[int, int]:
        """The seed of a text and its first author; texts that many post have small seeds and no author."""
        draw, language = self._random.random, persona.identity.language
        kind = draw()
        if copied and kind < VERBATIM_SHARE:
            return copied[int(draw() * len(copied))]
        if kind < COMMON_TEXT_SHARE:
            return language << 16 | int(COMMON_TEXTS ** draw()), NO_AUTHOR
        if network and kind < COMMON_TEXT_SHARE + SLOGAN_SHARE:
            return 1 << 20 | language << 16 | int(SLOGANS ** draw()), NO_AUTHOR
        if kind > 1 - ARCHIVE_SHARE / 3 * (1 - persona.opsec):
            return mix(persona.archive + int(ARCHIVE * draw())) | 1 << 62, persona.author
        return self._random.getrandbits(62) | 1 << 62, account

    def _kept_url(self, persona: Persona) -> str:
        return f"pages.example/{mix(persona.archive ^ int(ARCHIVE * self._random.random())):x}"

    def _kept_media(self, persona: Persona) -> str:
        return f"pdq:{wide(persona.archive ^ int(ARCHIVE * self._random.random()) << 8)}"

    def _url(self, network: bool) -> str:
        draw = self._random.random
        if network and draw() < NETWORK_URL_SHARE:
            return f"paste.test/{int(NETWORK_SITES ** draw())}"
        if draw() < 0.7:
            return f"site{int(SITES ** draw())}.example/{int(PAGES ** draw())}"
        return f"pages.example/{self._random.getrandbits(40):x}"

    def _media(self, network: bool) -> str:
        draw = self._random.random
        if draw() < SHARED_MEDIA_SHARE:
            return f"pdq:{wide(-int(NETWORK_IMAGES ** draw()) if network else int(MEMES ** draw()))}"
        return f"pdq:{self._random.getrandbits(256):064x}"

    def tokens(self, account: int, persona: Persona, posts: int, until: int) -> tuple[tuple[str, str], ...]:
        """E-mail, phone, device, addresses and networks, as keyed tokens."""
        identity = persona.identity
        told = [("email", f"{hash_of(disguises.mailbox(identity.email)):x}")]
        if identity.phone:
            told.append(("phone", f"{hash_of(identity.phone):x}"))
        told.append(("device", f"{mix(identity.device):x}"))
        created = self._cast.created[account]
        for session in range(1 + min(posts, 60) // 4):
            bits = mix(self._seed << 32 ^ account << 6 ^ session)
            at = created + (until - created) * (bits >> 44) // 0x100000 if session else created
            told += self._session(persona, at, (bits & 0xFFFFF) / 0x100000, (bits >> 20 & 0xFFFFF) / 0x100000)
        return tuple(dict.fromkeys(told))

    def _session(
        self, persona: Persona, at: int, way: float, place: float
    ) -> tuple[tuple[str, str], tuple[str, str]]:
        """Address and network of a session; `way` and `place` are uniform in 0..1."""
        identity = persona.identity
        if identity.vpn:
            exit_ = int(VPN_EXITS * place**2)
            return ("address", f"v{exit_}"), ("network", f"v{exit_ >> 4}")
        if identity.mobile or way < MOBILE:
            number, carrier = int(self._pool**place), identity.carrier % CARRIERS
            return ("address", f"c{carrier}.{number}"), ("network", f"c{carrier}.{number >> 6}")
        home = mix(identity.household)
        lease = identity.lease << 20 ^ (at + home % LEASE) // LEASE
        return ("address", f"{mix(home ^ lease):x}"), ("network", f"h{home % self._blocks}")

    def groups(self, account: int, persona: Persona, operator: Operator | None, posts: int) -> list[str]:
        """Groups of the circle; the cell's own."""
        bits, circle = mix(self._seed << 32 ^ account << 6 ^ 63), persona.circle
        told = []
        if operator is not None and not operator.spammer and not persona.alone and bits & 1:
            told.append(f"n{operator.cell}")
        joined = int((bits >> 32 & 0xFFFF) / 0x10000 * (1.5 + posts / 15))
        told += [f"g{circle * 4 + (bits >> 2 * step + 2 & 3)}" for step in range(min(joined, 8))]
        return list(dict.fromkeys(told))


def wide(value: int) -> str:
    """256 bits as 64 hex digits, the same for equal values."""
    first = mix(value)
    return f"{first:016x}{mix(first):016x}{mix(first + 1):016x}{mix(first + 2):016x}"


def hash_of(text: str) -> int:
    """64 bits of a text (of its last 40 bytes) that are the same in every process."""
    return mix(int.from_bytes(text.encode()[-40:], "little") % 0xFFFFFFFFFFFFFFC5)


def text_hash(seed: int) -> int:
    """Stands for the hash of the text with this seed: 63 bits, so that it fits a signed integer."""
    return seed if seed >> 62 else mix(seed) >> 1
