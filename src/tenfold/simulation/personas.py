"""What each account of a cast shows, and whose habits it has; drawn from its own seed, or its person's."""

import msgspec

from tenfold.simulation import cast as casts
from tenfold.simulation import evasions, names, pictures
from tenfold.simulation.cast import Cast
from tenfold.simulation.drawing import Drawing
from tenfold.simulation.identity import Identity, Wardrobe
from tenfold.simulation.mixing import mix
from tenfold.simulation.operators import Operator, Sort
from tenfold.simulation.rhythm import ARABIC_ZONES, LATIN_ZONES

KEPT_OPERATORS = 20_000  # whose personas are remembered
CIRCLE_LANGUAGE_SHARE = 0.85  # of a circle's people speak its language
LANGUAGE_LIMITS = (0.45, 0.85, 0.92, 1.0)  # ar, en, ar-Latn, mixed
EN = 1
COMMON_DEVICES, COMMON_DEVICE_SHARE = 40, 0.10
CARRIERS = 24
VPN_SHARE, MOBILE_ONLY = 0.03, 0.10
FAMILY_DEVICE_SHARE = 0.4
MORE_CARE = 0.2  # of those who change everything they show, in what they do too
FARM_BIOS_SHARE = 0.7  # of a spammer's accounts carry the same bio, all of them the same site


class Persona(msgspec.Struct, kw_only=True):
    """An account's looks and its person's habits.

    `archive` is the number of what its person keeps and shares again: links, pictures, texts (which
    `author`, an account, first wrote). `friends` are accounts that an operator knows; `opsec` is how
    careful they are; `circle`: of whom they know most; `alone`: they know nobody of the network any
    more; `returned`: not their first account, and not without a trace of the one before.
    """

    identity: Identity
    culture: str
    zone: int
    archive: int
    author: int
    circle: int
    alone: bool = False
    friends: tuple[int, ...] = ()
    evasions: tuple[str, ...] = ()
    opsec: float = 0.0
    returned: bool = False


class Personas:
    """Draws personas; `of` gives the same for an account whenever it is asked."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self._cast, self._seed = cast, seed
        self._random = Drawing(seed)
        self._wardrobe = Wardrobe(self._random, unique_handles=False)
        self._chains: dict[int, dict[int, Persona]] = {}

    def of(self, account: int) -> Persona:
        """The account's persona."""
        kind, owner = self._cast.kind[account], self._cast.owner[account]
        if kind in (casts.OPERATOR, casts.SPAMMER):
            return self._chain(owner)[account]
        if owner != account:
            return self._second(account, self.of(owner))
        copied = self._cast.copied[account]
        return self._own(account) if copied == casts.NOBODY else self._copy(account, self.of(copied), kind)

    def _own(self, account: int) -> Persona:
        cast, random = self._cast, self._random
        random.restart(self._seed << 40 | account << 3)
        draw = random.random
        language = self._language(cast.circle[account], draw())
        identity = self._wardrobe.honest_identity(language)
        identity.household, identity.device = cast.household[account], cast.device[account]
        if draw() < COMMON_DEVICE_SHARE:
            identity.device = -1 - int(COMMON_DEVICES ** draw())
        identity.vpn, identity.mobile = draw() < VPN_SHARE, draw() < MOBILE_ONLY
        identity.carrier = int(CARRIERS * draw() ** 2)
        identity.hand = random.getrandbits(62)
        return self._person(identity, account)

    def _person(self, identity: Identity, account: int) -> Persona:
        table = LATIN_ZONES if identity.language == EN else ARABIC_ZONES
        return Persona(
            identity=identity,
            culture=_culture(identity),
            zone=_zone(table, self._random.random()),
            archive=mix(account ^ self._seed << 24),
            author=account,
            circle=self._cast.circle[account],
        )

    def _language(self, circle: int, uniform: float) -> int:
        """A language, mostly the circle's."""
        if uniform < CIRCLE_LANGUAGE_SHARE:
            share = (mix(circle ^ self._seed << 8) & 0xFFFFFF) / 0x1000000
        else:
            share = (uniform - CIRCLE_LANGUAGE_SHARE) / (1 - CIRCLE_LANGUAGE_SHARE)
        return next(index for index, limit in enumerate(LANGUAGE_LIMITS) if share < limit)

    def _second(self, account: int, before: Persona) -> Persona:
        """An honest person's later account: they do not hide, they only begin again."""
        self._random.restart(self._seed << 40 | account << 3)
        draw, wardrobe, old = self._random.random, self._wardrobe, before.identity
        stem = old.stem if draw() < 0.75 else names.stem(old.name, draw)
        handle = wardrobe.handles.take(stem)
        identity = msgspec.structs.replace(
            old,
            stem=stem,
            handle=handle,
            bio=old.bio if draw() < 0.4 else wardrobe.honest_bio(old.language),
            avatar=old.avatar if draw() < 0.35 else wardrobe.avatar(self._random),
            links=old.links if draw() < 0.6 else (),
            email=old.email if draw() < 0.1 else wardrobe.email(handle),
            phone=old.phone if draw() < 0.6 else None,
            device=old.device if draw() < 0.6 else wardrobe.new_place(),
        )
        return msgspec.structs.replace(before, identity=identity)

    def _copy(self, account: int, worn: Persona, kind: int) -> Persona:
        """Somebody in another's look: framers and fakes copy all that is public."""
        mine, look = self._own(account), worn.identity
        draw, whole = self._random.random, kind in (casts.FRAMER, casts.FAKE)
        avatar = look.avatar
        if avatar is not None and draw() < 0.5:
            avatar = pictures.edited(avatar, int(draw() * 12), self._random)
        identity = mine.identity
        identity.name, identity.spelling, identity.display = look.name, look.spelling, look.display
        identity.stem, identity.avatar = look.stem, avatar
        identity.handle = self._wardrobe.handles.take(
            look.stem if whole or draw() < 0.5 else f"{look.stem}_fan"
        )
        if whole and draw() < 0.9:
            identity.bio = look.bio
        if whole and draw() < 0.8:
            identity.links = look.links
        mine.culture = worn.culture
        return mine

    def _chain(self, number: int) -> dict[int, Persona]:
        """All personas of an operator, by account."""
        chain = self._chains.get(number)
        if chain is None:
            if len(self._chains) >= KEPT_OPERATORS:
                self._chains.pop(next(iter(self._chains)))
            operator = self._cast.operators[number]
            self._random.restart(self._seed << 40 | number << 3 | 7)
            chain = self._farm(operator) if operator.spammer else self._lived(operator)
            self._chains[number] = chain
        return chain

    def _lived(self, operator: Operator) -> dict[int, Persona]:
        wardrobe, lives = self._wardrobe, operator.lives
        persona = self._person(self._first(operator), lives[0].account)
        persona.friends, persona.opsec = self._friends(operator), operator.opsec
        told = {lives[0].account: persona}
        before = persona
        for life in lives[1:]:
            # Who splits one account into two starts both from the closed one.
            from_ = before if life.sort == Sort.SPLIT else persona
            before = from_
            identity, used, _ = evasions.come_back(from_.identity, operator.opsec, wardrobe, self._random)
            used += ("delay",) if life.late else ()
            used += (str(life.sort),) if life.sort not in (Sort.RETURN, Sort.FIRST) else ()
            persona = msgspec.structs.replace(from_, identity=identity, evasions=used, returned=True)
            persona.culture, persona.opsec = _culture(identity), operator.opsec
            if "new_everything_same_friends" in used:
                persona.opsec = min(1.0, operator.opsec + MORE_CARE)
            if "nothing_kept" in used:
                self._begin_anew(persona)
                persona.author = life.account
            told[life.account] = persona
        return told

    def _first(self, operator: Operator) -> Identity:
        """How an operator first appears; some live with one of the circle, some of these on one device."""
        identity = self._wardrobe.network_identity(operator.language, self._random)
        identity.carrier = int(CARRIERS * self._random.random() ** 2)
        members = self._circle(operator.circle)
        if operator.family and members:
            mate = self._cast.members[members[int(self._random.random() * len(members))]]
            identity.household = self._cast.household[mate]
            if self._random.random() < FAMILY_DEVICE_SHARE:
                identity.device = self._cast.device[mate]
        return identity

    def _farm(self, operator: Operator) -> dict[int, Persona]:
        """A spammer's accounts: other names, stock pictures, one site, one bio, one device behind VPNs."""
        wardrobe, draw = self._wardrobe, self._random.random
        first = wardrobe.honest_identity(operator.language)
        site = (f"https://offers{self._random.getrandbits(30):x}.example/",)
        told = {}
        for life in operator.lives:
            identity = wardrobe.honest_identity(operator.language)
            identity.links, identity.avatar, identity.carrier = site, wardrobe.stock(), first.carrier
            identity.bio = first.bio if draw() < FARM_BIOS_SHARE else identity.bio
            identity.device = first.device if draw() > operator.opsec else identity.device
            identity.vpn, identity.household = draw() < operator.opsec, first.household
            identity.hand = first.hand
            persona = self._person(identity, operator.lives[0].account)
            told[life.account] = persona
        return told

    def _circle(self, circle: int) -> range:
        """Places in `members` of a circle's accounts."""
        return range(self._cast.starts[circle], self._cast.starts[circle + 1])

    def _friends(self, operator: Operator) -> tuple[int, ...]:
        """Those that the whole cell knows, and those of the operator's own street."""
        return self._some(operator.circle, 4, 8) + self._some(operator.home, 4, 8)

    def _some(self, circle: int, least: int, more: int) -> tuple[int, ...]:
        known = self._circle(circle)
        count = min(len(known), least + int(self._random.random() * (more + 1)))
        return tuple(self._cast.members[place] for place in self._random.sample(known, count))

    def _begin_anew(self, persona: Persona) -> None:
        """Among strangers, with nothing of the old things."""
        persona.circle = int((len(self._cast.starts) - 1) * self._random.random())
        persona.friends, persona.alone = self._some(persona.circle, 4, 12), True
        persona.archive, persona.returned = self._random.getrandbits(62), False


def _culture(identity: Identity) -> str:
    return "Arab" if len(identity.name.spellings) > 1 else "Latn"


def _zone(table: tuple[tuple[int, float], ...], uniform: float) -> int:
    for zone, share in table:
        uniform -= share
        if uniform < 0:
            return zone
    return table[-1][0]
