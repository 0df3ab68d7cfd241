"""What an account has done by its n-th post: when it wrote, what it shared, where from; and with whom it is.

Everything grows: what an account shows after three posts is the beginning of what it shows after thirty.
"""

from bisect import bisect_left
from random import Random

import msgspec

from tenfold.fingerprint import HOURS, MAX_TEXTS, MAX_TIES
from tenfold.simulation import cast as casts
from tenfold.simulation.cast import Cast
from tenfold.simulation.mixing import mix
from tenfold.simulation.operators import Operator
from tenfold.simulation.personas import Persona
from tenfold.simulation.rhythm import BY_HOUR
from tenfold.simulation.spec import DAY

VPN_EXITS = 300
BLOCK = 12  # households of the platform in a /24, on average
LEASE = 30 * DAY  # after which most home addresses change
ACCOUNTS_PER_CARRIER_ADDRESS = 40
MOBILE = 0.35
COMMON_TEXTS, COMMON_TEXT_SHARE = 4_000, 0.03  # greetings and chain letters that many post
SLOGANS, SLOGAN_SHARE = 600, 0.12  # texts that many of the network post
SITES, URL_SHARE = 20_000, 0.15
NETWORK_SITES = 400
MEMES, MEDIA_SHARE = 3_000, 0.12
PEAK_SHARE = 0.45  # of posts in one's own favourite hours

_total = float(BY_HOUR.sum())
_hours: list[int] = [
    hour for hour in range(HOURS) for _ in range(round(float(BY_HOUR[hour]) / _total * 1000))
]


class Written(msgspec.Struct):
    """What an account posted: hours (UTC), seeds of texts (latest first), normal URLs, media, mentions."""

    hours: list[int]
    texts: list[int]
    urls: list[str]
    media: list[str]
    mentions: list[str]


class Activity:
    """Draws what accounts do, each subject from its own seed."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self._cast, self._seed = cast, seed
        self._random = Random(seed)  # noqa: S311
        self._stars = max(8, len(cast) // 500)
        per_carrier = len(cast) / ACCOUNTS_PER_CARRIER_ADDRESS / 24
        self._pool = max(4.0, per_carrier)

    def _reseed(self, account: int, subject: int) -> None:
        self._random.seed(mix(self._seed << 40 ^ account << 3 ^ subject))

    def written(self, account: int, persona: Persona, posts: int) -> Written:
        """The first `posts` posts."""
        self._reseed(account, 1)
        draw = self._random.random
        network = self._cast.kind[account] == casts.OPERATOR
        peak = mix(persona.hand + 5) % 24
        zone = persona.zone
        told = Written([0] * HOURS, [], [], [], [])
        for _ in range(posts):
            local = peak + int(3 * draw()) if draw() < PEAK_SHARE else _hours[int(draw() * len(_hours))]
            told.hours[(local - zone) % 24] += 1
            told.texts.append(self._text(persona, network))
            if draw() < URL_SHARE:
                told.urls.append(self._url(network))
            if draw() < MEDIA_SHARE:
                told.media.append(self._media(network))
            if draw() < 0.25:
                told.mentions.append(self._acquaintance(account, persona))
        return told

    def _text(self, persona: Persona, network: bool) -> int:
        """The seed of a text, to be spoken by its author's hand; common ones are below 0x100000."""
        draw = self._random.random
        kind = draw()
        if kind < COMMON_TEXT_SHARE:
            return persona.language << 16 | int(COMMON_TEXTS ** draw())
        if network and kind < COMMON_TEXT_SHARE + SLOGAN_SHARE:
            return 4 << 16 | persona.language << 12 | int(SLOGANS ** draw())
        return self._random.getrandbits(62) | 1 << 62

    def _url(self, network: bool) -> str:
        draw = self._random.random
        if network and draw() < 0.5:
            return f"paste.test/{int(NETWORK_SITES ** draw())}"
        if draw() < 0.7:
            return f"site{int(SITES ** draw())}.example/{int(1000 ** draw())}"
        return f"pages.example/{self._random.getrandbits(40):x}"

    def _media(self, network: bool) -> str:
        draw = self._random.random
        if draw() < 0.3:
            return f"pdq:{mix(int(MEMES ** draw()) + (MEMES if network else 0)):064x}"
        return f"pdq:{self._random.getrandbits(256):064x}"

    def _acquaintance(self, account: int, persona: Persona) -> str:
        draw = self._random.random
        if persona.friends and draw() < 0.5:
            return f"a{persona.friends[int(draw() * len(persona.friends))]}"
        return f"a{self._somebody(account, draw())}"

    def _somebody(self, account: int, uniform: float) -> int:
        """A member of the circle who was there before, or a star."""
        cast = self._cast
        circle = cast.circle[account]
        low = cast.starts[circle]
        high = bisect_left(cast.members, account, low, cast.starts[circle + 1])
        if uniform < 0.55 and high > low:
            return cast.members[low + int(uniform / 0.55 * (high - low))]
        return self._star(account, circle)

    def _star(self, account: int, circle: int) -> int:
        """Somebody whom many follow: half of the time one of the circle's interests."""
        draw = self._random.random
        rank = int(self._stars ** draw())
        if draw() < 0.5:
            rank += circle % 40 * 31
        return mix(rank ^ self._seed) % max(1, min(account, len(self._cast) // 3))

    def follows(self, account: int, persona: Persona, posts: int) -> list[str]:
        """Whom the account follows, earliest first; people go on following as they write."""
        self._reseed(account, 2)
        draw = self._random.random
        count = min(MAX_TIES, 2 + int(12 * draw() ** 2) + int(posts * 0.6 * draw()))
        if persona.friends:
            return self._old_friends(account, persona, count)
        return _unique(self._somebody(account, draw()) for _ in range(count))

    def _old_friends(self, account: int, persona: Persona, count: int) -> list[str]:
        draw = self._random.random
        keeps = 0.9 - 0.75 * persona.opsec if persona.evasions else 0.85
        chosen = [friend for friend in persona.friends if draw() < keeps]
        others = [self._somebody(account, draw()) for _ in range(4 + count // 2)]
        mixed = [friend for pair in zip(chosen, others, strict=False) for friend in pair]
        return _unique([*mixed, *chosen[len(others) :], *others[len(chosen) :]][: max(count, 6)])

    def inbound(self, account: int, persona: Persona, posts: int) -> tuple[list[str], list[str], list[str]]:
        """Who follows the account, who mentions it, who announced it."""
        self._reseed(account, 3)
        draw = self._random.random
        count = min(MAX_TIES, int(5 * draw() ** 2) + int(posts * 0.5 * draw()))
        known = max(0.05, 0.5 - 0.4 * persona.opsec) if persona.evasions else 0.6
        followers, mentions, announced = [], [], []
        for friend in persona.friends:
            if draw() < known * min(1.0, 0.35 + posts / 30):
                followers.append(friend)
                if draw() < 0.3:
                    mentions.append(friend)
                if persona.evasions and draw() < 0.06 * (1 - persona.opsec):
                    announced.append(friend)
        followers += [self._somebody(account, draw()) for _ in range(count)]
        mentions += [self._somebody(account, draw()) for _ in range(count // 4)]
        return _unique(followers), _unique(mentions), _unique(announced)

    def tokens(self, account: int, persona: Persona, posts: int, until: int) -> tuple[tuple[str, str], ...]:
        """E-mail, phone, device, addresses and networks, as keyed tokens."""
        self._reseed(account, 4)
        cast, draw, identity = self._cast, self._random.random, persona.identity
        told = [("email", f"{hash_of(identity.email.partition('+')[0]):x}")]
        if persona.phone:
            told.append(("phone", persona.phone))
        told.append(("device", f"{mix(identity.device & 0xFFFFFFFFFFFFFFF):x}"))
        created = cast.created[account]
        for session in range(1 + min(posts, 60) // 4):
            mobile = draw() < MOBILE
            at = created if session == 0 else created + int((until - created) * draw())
            if identity.vpn:
                exit_ = int(VPN_EXITS * draw() ** 2)
                told += [("address", f"v{exit_}"), ("network", f"v{exit_ >> 4}")]
            elif mobile:
                number = int(self._pool ** draw())
                told += [
                    ("address", f"c{persona.carrier}.{number}"),
                    ("network", f"c{persona.carrier}.{number >> 6}"),
                ]
            else:
                home = identity.household
                lease = (at + mix(home) % LEASE) // LEASE
                block = mix(home) % max(1, len(cast) // BLOCK)
                told += [("address", f"{mix(home << 12 ^ lease):x}"), ("network", f"h{block}")]
        return tuple(dict.fromkeys(told))

    def groups(self, account: int, operator: Operator | None, posts: int) -> list[str]:
        """Groups of the circle; the cell's own."""
        self._reseed(account, 5)
        cast, draw = self._cast, self._random.random
        circle = cast.circle[account]
        told = [f"g{circle * 4 + int(draw() * 4)}" for _ in range(int(draw() * (1.5 + posts / 15)))]
        if operator is not None and not operator.spammer and draw() < 0.5:
            told.append(f"n{operator.cell}")
        return list(dict.fromkeys(told))


def hash_of(text: str) -> int:
    """A 64-bit hash of a text that is the same in every process."""
    return mix(int.from_bytes(text.encode()[-24:], "little") % 0xFFFFFFFFFFFFFFC5)


def text_hash(seed: int) -> int:
    """Stands for the hash of the text with this seed: 63 bits, so that it fits a signed integer."""
    return mix(seed) >> 1


def latest(texts: list[int]) -> tuple[int, ...]:
    """Hashes of the latest texts, latest first."""
    return tuple(text_hash(seed) for seed in texts[: -MAX_TEXTS - 1 : -1])


def _unique(accounts: "list[int] | object") -> list[str]:
    return [f"a{account}" for account in dict.fromkeys(accounts)][:MAX_TIES]  # type: ignore[call-overload]
