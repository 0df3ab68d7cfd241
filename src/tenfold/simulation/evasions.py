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
CROP_BITS = (4, 40)  # of 256; about a third lies beyond the threshold of a PDQ match, 31


def come_back(
    before: Identity, opsec: float, wardrobe: Wardrobe, random: Random
) -> tuple[Identity, tuple[str, ...], tuple[str, ...]]:
    """The next identity, the evasions used, and what was kept. `opsec` in 0..1 is how careful they are."""
    if random.random() < 0.08 + 0.35 * opsec * opsec:
        after = _all_new(before, wardrobe, random)
        return after, ("new_everything_same_friends",), ()
    used: list[str] = []
    name, spelling, display = _display(before, wardrobe, random, used)
    stem = before.stem if random.random() > 0.4 * opsec else names.stem(name, random.random)
    handle = _handle(before, stem, wardrobe, random, used)
    bio, links = _profile(before, handle, opsec, wardrobe, random, used)
    avatar = _avatar(before, opsec, wardrobe, random, used)
    household, lease, device, vpn = _place(before, opsec, wardrobe, random, used)
    after = Identity(
        name=name,
        spelling=spelling,
        display=display,
        stem=stem,
        handle=handle,
        bio=bio,
        links=links,
        avatar=avatar,
        email=_email(before, handle, opsec, wardrobe, random, used),
        household=household,
        lease=lease,
        device=device,
        vpn=vpn,
    )
    return after, tuple(used), kept(before, after)


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


def _all_new(before: Identity, wardrobe: Wardrobe, random: Random) -> Identity:
    language = 1 if before.spelling == names.LATIN and len(before.name.spellings) == 1 else 0
    name, spelling = wardrobe.name(language)
    while name.spellings == before.name.spellings:
        name, spelling = wardrobe.name(language)
    stem = names.stem(name, random.random)
    handle = wardrobe.handles.take(stem)
    bio = wardrobe.honest_bio(language)
    return Identity(
        name=name,
        spelling=spelling,
        display=name.spelt(spelling),
        stem=stem,
        handle=handle,
        bio="" if bio == before.bio else bio,
        links=(),
        avatar=pictures.picture(random),
        email=wardrobe.email(handle),
        household=wardrobe.new_place(),
        lease=0,
        device=wardrobe.new_place(),
        vpn=random.random() < NEW_VPN_SHARE,
    )


def _display(
    before: Identity, wardrobe: Wardrobe, random: Random, used: list[str]
) -> tuple[names.Name, int, str]:
    kind = random.random()
    others = [s for s in range(len(before.name.spellings)) if before.name.spelt(s) != before.display]
    if (
        kind < 0.22
        and len(before.name.spellings) > 1
        and before.display == before.name.spelt(before.spelling)
    ):
        spelling = others[int(random.random() * len(others))]
        used.append("transliteration")
        return before.name, spelling, before.name.spelt(spelling)
    if kind < 0.42:
        arabic = before.display[0] >= "\u0600"
        table = lookalikes.ARABIC if arabic else lookalikes.LATIN
        changed = lookalikes.swap(
            before.display, table, 1 + int(random.random() * 3), int(random.random() * 9)
        )
        if changed != before.display:
            used.append("homoglyph")
            return before.name, before.spelling, changed
    if kind < 0.80:
        return before.name, before.spelling, before.display
    name, spelling = wardrobe.name(1 if before.spelling == names.LATIN else 0)
    return name, spelling, name.spelt(spelling)


def _handle(before: Identity, stem: str, wardrobe: Wardrobe, random: Random, used: list[str]) -> str:
    if stem == before.stem and random.random() < 0.75:
        digits = before.handle[len(before.handle.rstrip("0123456789")) :]
        successor = int(digits or 0) + 1 + int(random.random() * 3)
        base = before.handle.rstrip("0123456789")
        if len(digits) < 9 and wardrobe.handles.claim(f"{base}{successor}"):
            used.append("suffix_digits")
            return f"{base}{successor}"
    leet = lookalikes.swap(stem, lookalikes.LEET, 2, int(random.random() * 5))
    return wardrobe.handles.take(leet if random.random() < 0.5 else stem)


def _profile(
    before: Identity, handle: str, opsec: float, wardrobe: Wardrobe, random: Random, used: list[str]
) -> tuple[str, tuple[str, ...]]:
    language = 1 if before.spelling == names.LATIN else 0
    if random.random() < 0.45 - 0.3 * opsec:
        return before.bio, before.links
    bio = wardrobe.network_bio(language)
    if before.links and random.random() < 0.85 - 0.4 * opsec:
        if bio != before.bio:
            used.append("new_bio_same_links")
        return bio, before.links
    return bio, wardrobe.network_links(handle)


def _avatar(
    before: Identity, opsec: float, wardrobe: Wardrobe, random: Random, used: list[str]
) -> str | None:
    kind = random.random()
    if before.avatar and kind < 0.35:
        used.append("cropped_avatar")
        low, high = CROP_BITS
        return pictures.edited(before.avatar, low + int(random.random() * (high - low + 1)), random)
    if kind < 0.75 - 0.4 * opsec:
        return before.avatar
    return wardrobe.network_avatar(random)


def _place(
    before: Identity, opsec: float, wardrobe: Wardrobe, random: Random, used: list[str]
) -> tuple[int, int, int, bool]:
    """Household, lease, device of the next account, and whether it hides behind a VPN service."""
    new_network = random.random() < 0.2 + 0.6 * opsec
    new_device = random.random() < 0.3 + 0.6 * opsec
    household = wardrobe.new_place() if new_network else before.household
    lease = before.lease + (random.random() < 0.3) if not new_network else 0
    vpn = random.random() < NEW_VPN_SHARE if new_network else before.vpn
    if new_device and not new_network and not vpn:
        used.append("new_device_same_network")
    return household, lease, wardrobe.new_place() if new_device else before.device, vpn


def _email(
    before: Identity, handle: str, opsec: float, wardrobe: Wardrobe, random: Random, used: list[str]
) -> str:
    if random.random() < 0.3 - 0.25 * opsec:
        local, _, host = before.email.partition("@")
        used.append("email_tag")
        return f"{local.partition('+')[0]}+{int(random.random() * 1000)}@{host}"
    return wardrobe.email(handle)


def holds(evasion: str, before: Identity, after: Identity) -> bool:
    """Whether an evasion can be seen between two identities (delay and friends: see the events)."""
    if evasion == "suffix_digits":
        return before.handle != after.handle and _undigited(before.handle) == _undigited(after.handle)
    if evasion == "homoglyph":
        return before.display != after.display and lookalikes.fold(before.display) == lookalikes.fold(
            after.display
        )
    if evasion == "transliteration":
        spellings = before.name.spellings
        return before.display != after.display and {before.display, after.display} <= set(spellings)
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
