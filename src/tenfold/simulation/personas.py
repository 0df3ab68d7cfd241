"""What each account of a cast shows, and whose habits it has; drawn from its own seed, or its person's."""

from random import Random

import msgspec

from tenfold.simulation import cast as casts
from tenfold.simulation import evasions, names, pictures
from tenfold.simulation.cast import Cast
from tenfold.simulation.identity import Identity, Wardrobe
from tenfold.simulation.mixing import mix
from tenfold.simulation.operators import Operator, Sort
from tenfold.simulation.rhythm import ARABIC_ZONES, LATIN_ZONES

KEPT_OPERATORS = 20_000  # whose personas are remembered
CIRCLE_LANGUAGE_SHARE = 0.85  # of a circle's people speak its language
COMMON_DEVICES, COMMON_DEVICE_SHARE = 40, 0.10
PHONE_SHARE = 0.4
VPN_SHARE = 0.03
CARRIERS = 24
LANGUAGE_LIMITS = (0.45, 0.85, 0.92, 1.0)  # ar, en, ar-Latn, mixed
EN = 1


class Persona(msgspec.Struct, kw_only=True):
    """An account's looks and its person's habits. `hand` is the seed of the way of writing."""

    identity: Identity
    language: int
    culture: str
    hand: int
    zone: int
    carrier: int
    phone: str | None
    friends: tuple[int, ...] = ()
    evasions: tuple[str, ...] = ()
    opsec: float = 0.0


class Personas:
    """Draws personas; `of` gives the same for an account whenever it is asked."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self._cast, self._seed = cast, seed
        self._random = Random(seed)  # noqa: S311
        self._wardrobe = Wardrobe(self._random, unique_handles=False)
        self._chains: dict[int, dict[int, Persona]] = {}

    def of(self, account: int) -> Persona:
        """The account's persona."""
        kind = self._cast.kind[account]
        if kind in (casts.OPERATOR, casts.SPAMMER):
            return self._chain(self._cast.owner[account])[account]
        owner = self._cast.owner[account]
        if owner != account:
            return self._second(account, owner)
        copied = self._cast.copied[account]
        if copied != casts.NOBODY:
            return self._copy(account, copied, kind)
        return self._own(account)

    def _own(self, account: int) -> Persona:
        cast, random, wardrobe = self._cast, self._random, self._wardrobe
        random.seed(mix(self._seed << 32 ^ account))
        draw = random.random
        language = self.language_of(cast.circle[account], draw())
        name, spelling = wardrobe.name(language)
        stem = names.stem(name, draw)
        handle = wardrobe.handles.take(stem)
        device = cast.device[account]
        if draw() < COMMON_DEVICE_SHARE:
            device = -1 - int(COMMON_DEVICES ** draw())
        identity = Identity(
            name=name,
            spelling=spelling,
            display=name.spelt(spelling),
            stem=stem,
            handle=handle,
            bio=wardrobe.honest_bio(language),
            links=(wardrobe.link(handle),) if draw() < 0.12 else (),
            avatar=wardrobe.avatar(random),
            email=wardrobe.email(handle),
            household=cast.household[account],
            lease=0,
            device=device,
            vpn=draw() < VPN_SHARE,
        )
        return self._habits(identity, language, mix(account ^ self._seed))

    def _habits(self, identity: Identity, language: int, hand: int) -> Persona:
        """The habits of somebody with this hand; `self._random` has just drawn the identity."""
        draw = self._random.random
        return Persona(
            identity=identity,
            language=language,
            culture="Arab" if len(identity.name.spellings) > 1 else "Latn",
            hand=hand,
            zone=_zone(LATIN_ZONES if language == EN else ARABIC_ZONES, draw()),
            carrier=int(CARRIERS * draw() ** 2),
            phone=f"{mix(hand + 1):x}" if draw() < PHONE_SHARE else None,
        )

    def language_of(self, circle: int, uniform: float) -> int:
        """A language, mostly the circle's."""
        if uniform < CIRCLE_LANGUAGE_SHARE:
            share = (mix(circle ^ self._seed << 8) & 0xFFFFFF) / 0x1000000
        else:
            share = (uniform - CIRCLE_LANGUAGE_SHARE) / (1 - CIRCLE_LANGUAGE_SHARE)
        return next(index for index, limit in enumerate(LANGUAGE_LIMITS) if share < limit)

    def _second(self, account: int, owner: int) -> Persona:
        """An honest person's later account: they do not hide, they only begin again."""
        before = self.of(owner)
        self._random.seed(mix(self._seed << 32 ^ account))
        draw, wardrobe, old = self._random.random, self._wardrobe, before.identity
        stem = old.stem if draw() < 0.75 else names.stem(old.name, draw)
        handle = wardrobe.handles.take(stem)
        identity = msgspec.structs.replace(
            old,
            stem=stem,
            handle=handle,
            bio=old.bio if draw() < 0.4 else wardrobe.honest_bio(before.language),
            avatar=old.avatar if draw() < 0.35 else wardrobe.avatar(self._random),
            links=old.links if draw() < 0.6 else (),
            email=old.email if draw() < 0.1 else wardrobe.email(handle),
            device=old.device if draw() < 0.6 else wardrobe.new_place(),
        )
        return msgspec.structs.replace(before, identity=identity)

    def _copy(self, account: int, copied: int, kind: int) -> Persona:
        """Somebody in another's look. Framers and fakes copy all that is public."""
        worn = self.of(copied).identity
        mine = self._own(account)
        draw = self._random.random
        whole = kind in (casts.FRAMER, casts.FAKE)
        handle = self._wardrobe.handles.take(worn.stem if whole or draw() < 0.5 else f"{worn.stem}_fan")
        avatar = worn.avatar
        if avatar is not None and draw() < 0.5:
            avatar = pictures.edited(avatar, int(draw() * 12), self._random)
        mine.identity = msgspec.structs.replace(
            mine.identity,
            name=worn.name,
            spelling=worn.spelling,
            display=worn.display,
            stem=worn.stem,
            handle=handle,
            avatar=avatar,
            bio=worn.bio if whole and draw() < 0.9 else mine.identity.bio,
            links=worn.links if whole and draw() < 0.8 else mine.identity.links,
        )
        mine.culture = "Arab" if len(worn.name.spellings) > 1 else "Latn"
        return mine

    def _chain(self, number: int) -> dict[int, Persona]:
        """All personas of an operator, by account."""
        chain = self._chains.get(number)
        if chain is None:
            if len(self._chains) >= KEPT_OPERATORS:
                self._chains.pop(next(iter(self._chains)))
            operator = self._cast.operators[number]
            chain = self._chains[number] = self._lived(operator, number)
        return chain

    def _lived(self, operator: Operator, number: int) -> dict[int, Persona]:
        random, wardrobe = self._random, self._wardrobe
        random.seed(mix(self._seed << 40 ^ number ^ 1 << 60))
        identity = wardrobe.network_identity(operator.language, random)
        friends = self._friends(operator)
        if operator.family:
            identity = self._at_home(identity, operator)
        persona = self._habits(identity, operator.language, mix(number ^ self._seed << 20))
        persona.friends, persona.opsec = friends, operator.opsec
        told = {operator.lives[0].account: persona}
        for life in operator.lives[1:]:
            identity, used, _ = evasions.come_back(
                persona.identity, operator.language, operator.opsec, wardrobe, random
            )
            used += ("delay",) if life.late else ()
            used += (str(life.sort),) if life.sort not in (Sort.RETURN, Sort.FIRST) else ()
            persona = msgspec.structs.replace(persona, identity=identity, evasions=used)
            persona.culture = "Arab" if len(identity.name.spellings) > 1 else "Latn"
            told[life.account] = persona
        return told

    def _friends(self, operator: Operator) -> tuple[int, ...]:
        cast = self._cast
        low, high = cast.starts[operator.circle], cast.starts[operator.circle + 1]
        known = range(low, high)
        count = min(len(known), 8 + int(self._random.random() * 12))
        return tuple(cast.members[place] for place in self._random.sample(known, count))

    def _at_home(self, identity: Identity, operator: Operator) -> Identity:
        """With somebody of the circle who has nothing to do with it, some on one device."""
        cast, draw = self._cast, self._random.random
        low, high = cast.starts[operator.circle], cast.starts[operator.circle + 1]
        if low == high:
            return identity
        mate = cast.members[low + int(draw() * (high - low))]
        device = cast.device[mate] if draw() < 0.4 else identity.device
        return msgspec.structs.replace(identity, household=cast.household[mate], device=device)


def _zone(table: tuple[tuple[int, float], ...], uniform: float) -> int:
    for zone, share in table:
        uniform -= share
        if uniform < 0:
            return zone
    return table[-1][0]
