"""How an operator comes back: what changes between a closed account and the next, and what stays.

Each evasion is a statement about the two accounts that the tests check against the events
(`holds`); docs/simulation.md lists them with their shares.
"""

from random import Random

from tenfold.simulation import addresses, lookalikes, names, pictures
from tenfold.simulation.identity import Identity, Wardrobe

NAMES = (
    "suffix_digits",
    "homoglyph",
    "transliteration",
    "new_bio_same_links",
    "cropped_avatar",
    "delay",
    "new_device_same_network",
    "email_tag",
    "new_everything_same_friends",
)
KEPT = ("display_name", "avatar", "bio", "links", "device", "network")
NEW_VPN_SHARE = 0.4  # of those who change their network do it by a VPN service
CROP_BITS = (4, 40)  # of 256; about a quarter lies beyond the threshold of a PDQ match, 31


def come_back(
    before: Identity, language: int, opsec: float, wardrobe: Wardrobe, random: Random
) -> tuple[Identity, tuple[str, ...], tuple[str, ...]]:
    """The next identity, the evasions used, and what was kept. `opsec` in 0..1 is how careful they are."""
    turn = _Return(before, language, opsec, wardrobe, random)
    if random.random() < 0.08 + 0.35 * opsec * opsec:
        return turn.all_new(), ("new_everything_same_friends",), ()
    after = turn.altered()
    return after, tuple(turn.used), kept(before, after)


def kept(before: Identity, after: Identity) -> tuple[str, ...]:
    """Which of KEPT did not change (and were there at all)."""
    same = (
        before.display == after.display,
        before.avatar is not None and before.avatar == after.avatar,
        before.bio == after.bio,
        bool(before.links) and before.links == after.links,
        before.device == after.device,
        before.household == after.household and not after.vpn,
    )
    return tuple(name for name, holds in zip(KEPT, same, strict=True) if holds)


class _Return:
    """One operator dressing anew; `used` collects the evasions."""

    def __init__(
        self, before: Identity, language: int, opsec: float, wardrobe: Wardrobe, random: Random
    ) -> None:
        self._before, self._language, self._opsec = before, language, opsec
        self._wardrobe, self._random, self._draw = wardrobe, random, random.random
        self.used: list[str] = []

    def altered(self) -> Identity:
        """Some of it changed, as the operator's care and laziness have it."""
        before = self._before
        name, spelling, display = self._display()
        stem = before.stem if self._draw() > 0.15 + 0.6 * self._opsec else names.stem(name, self._draw)
        handle = self._handle(stem)
        bio, links = self._profile(handle)
        household, lease, device, vpn = self._place()
        return Identity(
            name=name,
            spelling=spelling,
            display=display,
            stem=stem,
            handle=handle,
            bio=bio,
            links=links,
            avatar=self._avatar(),
            email=self._email(handle),
            household=household,
            lease=lease,
            device=device,
            vpn=vpn,
        )

    def all_new(self) -> Identity:
        """Nothing that was shown before, and another line and device."""
        before, wardrobe = self._before, self._wardrobe
        name, spelling = wardrobe.name(self._language)
        while name.spellings == before.name.spellings:
            name, spelling = wardrobe.name(self._language)
        stem = names.stem(name, self._draw)
        handle = wardrobe.handles.take(stem)
        bio = wardrobe.honest_bio(self._language)
        return Identity(
            name=name,
            spelling=spelling,
            display=name.spelt(spelling),
            stem=stem,
            handle=handle,
            bio="" if bio == before.bio else bio,
            links=(),
            avatar=pictures.picture(self._random),
            email=wardrobe.email(handle),
            household=wardrobe.new_place(),
            lease=0,
            device=wardrobe.new_place(),
            vpn=self._draw() < NEW_VPN_SHARE,
        )

    def _display(self) -> tuple[names.Name, int, str]:
        before, kind = self._before, self._draw()
        spellings = before.name.spellings
        others = [index for index, spelt in enumerate(spellings) if spelt != before.display]
        if kind < 0.22 and others and before.display in spellings:
            spelling = others[int(self._draw() * len(others))]
            self.used.append("transliteration")
            return before.name, spelling, spellings[spelling]
        if kind < 0.42:
            arabic = before.display[0] >= "\u0600"
            table = lookalikes.ARABIC if arabic else lookalikes.LATIN
            letters, start = 1 + int(self._draw() * 3), int(self._draw() * 9)
            changed = lookalikes.swap(before.display, table, letters, start)
            if changed != before.display:
                self.used.append("homoglyph")
                return before.name, before.spelling, changed
        if kind < 0.80:
            return before.name, before.spelling, before.display
        name, spelling = self._wardrobe.name(self._language)
        return name, spelling, name.spelt(spelling)

    def _handle(self, stem: str) -> str:
        before, handles = self._before, self._wardrobe.handles
        if stem == before.stem and self._draw() < 0.55:
            base = _undigited(before.handle)
            digits = before.handle[len(base) :]
            successor = int(digits or 0) + 1 + int(self._draw() * 3)
            if handles.claim(f"{base}{successor}"):
                self.used.append("suffix_digits")
                return f"{base}{successor}"
        leet = lookalikes.swap(stem, lookalikes.LEET, 2, int(self._draw() * 5))
        return handles.take(leet if self._draw() < 0.5 else stem)

    def _profile(self, handle: str) -> tuple[str, tuple[str, ...]]:
        before = self._before
        if self._draw() < 0.45 - 0.3 * self._opsec:
            return before.bio, before.links
        bio = self._wardrobe.network_bio(self._language)
        if before.links and self._draw() < 0.85 - 0.4 * self._opsec:
            if bio != before.bio:
                self.used.append("new_bio_same_links")
            return bio, before.links
        return bio, self._wardrobe.network_links(handle)

    def _avatar(self) -> str | None:
        before, kind = self._before, self._draw()
        if before.avatar and kind < 0.35:
            self.used.append("cropped_avatar")
            low, high = CROP_BITS
            bits = low + int(self._draw() * (high - low + 1))
            return pictures.edited(before.avatar, bits, self._random)
        if kind < 0.75 - 0.4 * self._opsec:
            return before.avatar
        return self._wardrobe.network_avatar(self._random)

    def _place(self) -> tuple[int, int, int, bool]:
        """Household, lease, device of the next account, and whether it hides behind a VPN service."""
        before, wardrobe = self._before, self._wardrobe
        new_network = self._draw() < 0.2 + 0.6 * self._opsec
        new_device = self._draw() < 0.3 + 0.6 * self._opsec
        household = wardrobe.new_place() if new_network else before.household
        lease = before.lease + (self._draw() < 0.3) if not new_network else 0
        vpn = self._draw() < NEW_VPN_SHARE if new_network else before.vpn
        if new_device and not new_network and not vpn:
            self.used.append("new_device_same_network")
        return household, lease, wardrobe.new_place() if new_device else before.device, vpn

    def _email(self, handle: str) -> str:
        if self._draw() < 0.3 - 0.25 * self._opsec:
            local, _, host = self._before.email.partition("@")
            self.used.append("email_tag")
            return f"{local.partition('+')[0]}+{int(self._draw() * 1_000_000)}@{host}"
        return self._wardrobe.email(handle)


def holds(evasion: str, before: Identity, after: Identity) -> bool:
    """Whether an evasion can be seen between two identities (delay and friends: see the events)."""
    if evasion == "suffix_digits":
        return before.handle != after.handle and _undigited(before.handle) == _undigited(after.handle)
    if evasion == "homoglyph":
        return before.display != after.display and lookalikes.fold(before.display) == lookalikes.fold(
            after.display
        )
    if evasion == "transliteration":
        shown = {before.display, after.display}
        return len(shown) == 2 and shown <= set(before.name.spellings)
    if evasion == "new_bio_same_links":
        return before.bio != after.bio and before.links == after.links != ()
    if evasion == "cropped_avatar":
        if before.avatar is None or after.avatar is None:
            return False
        return CROP_BITS[0] <= pictures.distance(before.avatar, after.avatar) <= CROP_BITS[1]
    if evasion == "new_device_same_network":
        networks = {
            addresses.network_of(addresses.home_address(i.household, i.lease)) for i in (before, after)
        }
        return before.device != after.device and len(networks) == 1 and not after.vpn
    if evasion == "email_tag":
        return _untagged(before.email) == _untagged(after.email) and before.email != after.email
    return not kept(before, after)


def _undigited(handle: str) -> str:
    return handle.rstrip("0123456789")


def _untagged(email: str) -> str:
    local, _, host = email.partition("@")
    return f"{local.partition('+')[0]}@{host}"
