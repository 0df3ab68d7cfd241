"""What an account shows of its owner, and the wardrobe that honest people and the network dress from."""

from random import Random

import msgspec

from tenfold.simulation import names, pictures
from tenfold.simulation.grammar import Grammar, lexicon

EN = 1
FREE_MAIL = ("mail.example", "post.example", "inbox.test", "letters.example")
HOUSEHOLDS_OF_NETWORK = 10_000_000  # numbers from here on belong to operators alone
STOCK_SHARE, NO_AVATAR_SHARE = 0.18, 0.15
MOVEMENT_IMAGES = 5  # flags and emblems that several operators wear at the same time
MOVEMENT_SHARE, BRAND_SHARE = 0.35, 0.25
KUNYA_SHARE = 0.35  # of operators go by a kunya
BIO_LINK_SHARE = 0.12
PHONE_SHARE = 0.4
VPN_SHARE = 0.15  # of operators hide their address from the first day
MOVEMENT_SITES_SHARE = 0.3  # of the network's bios carry a site that many of them carry


class Identity(msgspec.Struct, kw_only=True):
    """Everything that an account shows or betrays, and may keep or change when it comes back.

    `household`, `device` and `carrier` are numbers (addresses.py); `mobile`: reaches the platform by
    the carrier alone; `language` as in population.LANGUAGES; `hand` is the seed of the way of writing
    (hands.py); `shift`: hours that posting is put off from the person's own day.
    """

    name: names.Name
    spelling: int
    display: str
    stem: str
    handle: str
    bio: str
    links: tuple[str, ...]
    avatar: str | None
    email: str
    household: int
    lease: int
    device: int
    vpn: bool
    phone: str | None = None
    carrier: int = 0
    mobile: bool = False
    language: int = 0
    hand: int = 0
    shift: int = 0


class Wardrobe:
    """Names, bios and pictures, handles and places."""

    def __init__(self, random: Random, unique_handles: bool = True) -> None:
        self._random, self._draw = random, random.random
        self._unique = unique_handles
        self.handles = names.Handles(random, unique_handles)
        self._stock = [pictures.picture(random) for _ in range(pictures.STOCK_AVATARS)]
        self._movement = [pictures.picture(random) for _ in range(MOVEMENT_IMAGES)]
        self._bios = _grammars("bios")
        self._network_bios = _grammars("network_bios")

    def name(self, language: int) -> tuple[names.Name, int]:
        """A name and its spelling for somebody of this language (as in population.LANGUAGES)."""
        draw = self._draw
        arabic = draw() < (0.06 if language == EN else 0.94)
        if not arabic:
            return names.latin_name(draw), names.LATIN
        kind = draw()
        if language == EN:
            return names.arabic_name(draw), names.LATIN
        spelling = names.ARABIC if kind < 0.6 else names.LATIN if kind < 0.9 else names.ARABIZI
        return names.arabic_name(draw), spelling

    def honest_bio(self, language: int) -> str:
        """What people say of themselves; one in five says nothing."""
        if self._draw() < 0.2:
            return ""
        return self._say(self._bios, language)

    def avatar(self, random: Random) -> str | None:
        """No picture, one of the platform's stock pictures (the first are the commonest), or one's own."""
        kind = self._draw()
        if kind < NO_AVATAR_SHARE:
            return None
        if kind < NO_AVATAR_SHARE + STOCK_SHARE:
            return self.stock()
        return pictures.picture(random)

    def stock(self) -> str:
        """One of the platform's stock pictures."""
        return str(names.common(self._stock, self._draw))

    def phone(self) -> str | None:
        """A number of a country that does not exist; four in ten give one."""
        return f"+999{self._random.getrandbits(33):010d}" if self._draw() < PHONE_SHARE else None

    def link(self, stem: str) -> str:
        """A personal page."""
        host = ("pages.example", "linkhub.example", "me.test")[int(self._draw() * 3)]
        return f"https://{host}/{stem}"

    def city(self, language: int) -> str:
        """Where somebody of this language may live."""
        cities = lexicon("names")["cities"]["latin" if language == EN else "arabic"]
        return str(names.common(cities, self._draw))

    def email(self, handle: str) -> str:
        """An address with one of the free services."""
        service = FREE_MAIL[int(self._draw() * len(FREE_MAIL))]
        return (
            f"{handle}@{service}" if self._unique else f"{handle}.{self._random.getrandbits(32):x}@{service}"
        )

    def new_place(self) -> int:
        """A household or device number that nobody has used (by all odds: of 2 ** 40)."""
        return HOUSEHOLDS_OF_NETWORK + self._random.getrandbits(40)

    def honest_identity(self, language: int) -> Identity:
        """Somebody outside the network, in a home of their own."""
        draw = self._draw
        name, spelling = self.name(language)
        stem = names.stem(name, draw)
        handle = self.handles.take(stem)
        return Identity(
            name=name,
            spelling=spelling,
            display=name.spelt(spelling),
            stem=stem,
            handle=handle,
            bio=self.honest_bio(language),
            links=(self.link(handle),) if draw() < BIO_LINK_SHARE else (),
            avatar=self.avatar(self._random),
            email=self.email(handle),
            household=self.new_place(),
            lease=0,
            device=self.new_place(),
            vpn=False,
            phone=self.phone(),
            language=language,
        )

    def network_bio(self, language: int) -> str:
        """What people of the network say of themselves."""
        return self._say(self._network_bios, language)

    def network_avatar(self, random: Random) -> str | None:
        """The movement's imagery, lightly edited each time, or a picture like anybody's."""
        if self._draw() < MOVEMENT_SHARE:
            image = self._movement[int(self._draw() * MOVEMENT_IMAGES)]
            return pictures.edited(image, int(self._draw() * 10), random)
        return self.avatar(random)

    def network_links(self, stem: str) -> tuple[str, ...]:
        """None, a page of one's own, or that and a site of the movement."""
        draw = self._draw
        kind = draw()
        if kind < 0.35:
            return ()
        own = (
            f"https://{('paste.test', 'chat.example', 'files.example')[int(draw() * 3)]}/{stem}-{draw():.6f}"
        )
        if draw() < MOVEMENT_SITES_SHARE:
            sites = lexicon("network_bios")["sites"]
            return (str(names.common(sites, draw)), own)
        return (own,)

    def network_identity(self, language: int, random: Random) -> Identity:
        """How an operator first appears."""
        if self._draw() < BRAND_SHARE:
            name = names.brand_name(self._draw)
            spelling = names.LATIN if language == EN else int(self._draw() * 3)
        elif self._draw() < KUNYA_SHARE / (1 - BRAND_SHARE):
            name = names.kunya(self._draw)
            spelling = names.LATIN if language == EN else int(self._draw() * 3)
        else:
            name, spelling = self.name(language)
        stem = names.stem(name, self._draw)
        handle = self.handles.take(stem)
        return Identity(
            name=name,
            spelling=spelling,
            display=name.spelt(spelling),
            stem=stem,
            handle=handle,
            bio=self.network_bio(language),
            links=self.network_links(stem),
            avatar=self.network_avatar(random),
            email=self.email(handle),
            household=self.new_place(),
            lease=0,
            device=self.new_place(),
            vpn=self._draw() < VPN_SHARE,
            phone=self.phone(),
            carrier=random.getrandbits(30),
            language=language,
            hand=random.getrandbits(62),
        )

    def _say(self, bios: dict[str, Grammar], language: int) -> str:
        kind = ("ar", "en", "ar-Latn")[language] if language < 3 else ("ar", "en")[int(self._draw() * 2)]
        return bios[kind].say(self._draw)


def _grammars(name: str) -> dict[str, Grammar]:
    file = lexicon(name)
    return {
        language: Grammar(file[language]["say"], file[language].get("slots", {}), f"{name}.{language}")
        for language in ("ar", "en", "ar-Latn")
    }
