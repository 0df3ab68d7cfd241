"""How an operator comes back: what changes between a closed account and the next, and what stays.

Each evasion is a statement about the two accounts that the tests check against what an observer sees;
docs/simulation.md lists them with their shares. Those of time and number (delay, sleeper,
aged_account, split) are the business of whoever plans the lives.
"""

from random import Random

import msgspec

from tenfold.simulation import disguises, names
from tenfold.simulation.grammar import Draw
from tenfold.simulation.identity import Identity, Wardrobe
from tenfold.simulation.mixing import mix

OF_NAMES = ("suffix_digits", "homoglyph", "leet", "transliteration", "decoration", "word_order", "affix")
OF_PICTURES = ("cropped_avatar", "mirrored_avatar", "recoloured_avatar", "stock_avatar", "no_avatar")
OF_PROFILES = ("bio_paraphrase", "new_bio_same_links", "short_link", "new_path_same_domain")
OF_CONTACTS = ("email_tag", "email_dots", "new_mail_same_phone")
OF_PLACES = ("new_device_same_network", "new_device_same_carrier", "vpn")
OF_HABITS = ("style_disguise", "other_language", "shifted_hours")
OF_TIME = ("delay", "sleeper", "aged_account", "split")
OF_ALL = ("new_everything_same_friends", "nothing_kept")
NAMES = OF_NAMES + OF_PICTURES + OF_PROFILES + OF_CONTACTS + OF_PLACES + OF_HABITS + OF_TIME + OF_ALL

KEPT = ("display_name", "avatar", "bio", "links", "email", "phone", "device", "network")
NEW_VPN_SHARE = 0.4  # of those who change their network do it by a VPN service
SLIPS = {"links": 0.12, "network": 0.15, "email": 0.03, "phone": 0.04}  # of those who change everything
SHIFTS = (-7, -5, -4, 4, 5, 7)  # hours
# Languages (ar, en, ar-Latn, mixed) that a person of each also writes.
OTHER_LANGUAGES = ((2, 1), (), (0,), (0, 1))


def come_back(
    before: Identity, opsec: float, wardrobe: Wardrobe, random: Random
) -> tuple[Identity, tuple[str, ...], tuple[str, ...]]:
    """The next identity, the evasions used, and what was kept. `opsec` in 0..1 is how careful they are."""
    turn = _Return(before, opsec, wardrobe, random)
    kind = random.random()
    lost = 0.01 + 0.15 * opsec * opsec
    if kind < lost:
        return turn.all_new(lost=True), ("nothing_kept",), ()
    if kind < lost + 0.06 + 0.5 * opsec * opsec:
        after = turn.all_new(lost=False)
        used = ("new_everything_same_friends", *turn.used)
    else:
        after = turn.altered()
        used = tuple(turn.used)
    return after, used, kept(before, after)


def kept(before: Identity, after: Identity) -> tuple[str, ...]:
    """Which of KEPT did not change (and were there at all)."""
    same = (
        before.display == after.display,
        before.avatar is not None and before.avatar == after.avatar,
        bool(before.bio) and before.bio == after.bio,
        bool(before.links) and before.links == after.links,
        disguises.mailbox(before.email) == disguises.mailbox(after.email),
        before.phone is not None and before.phone == after.phone,
        before.device == after.device,
        before.household == after.household
        and not (before.vpn or after.vpn or before.mobile or after.mobile),
    )
    return tuple(name for name, holds in zip(KEPT, same, strict=True) if holds)


class _Return:
    """One operator dressing anew; `used` collects the evasions."""

    def __init__(self, before: Identity, opsec: float, wardrobe: Wardrobe, random: Random) -> None:
        self._before, self._opsec, self._wardrobe = before, opsec, wardrobe
        self._random, self._draw = random, random.random
        self._language = before.language
        self.used: list[str] = []

    def altered(self) -> Identity:
        """Some of it changed, as the operator's care and laziness have it."""
        hand, language, shift = self._habits()
        name, spelling, display = self._display()
        stem, handle = self._handle(name)
        bio, links = self._profile(handle)
        return msgspec.structs.replace(
            self._before,
            name=name,
            spelling=spelling,
            display=display,
            stem=stem,
            handle=handle,
            bio=bio,
            links=links,
            avatar=self._avatar(),
            language=language,
            hand=hand,
            shift=shift,
            **self._contacts(handle),
            **self._place(),
        )

    def all_new(self, lost: bool) -> Identity:
        """Nothing that was shown before, and another line and device; now and then a slip, unless lost."""
        before, wardrobe, draw = self._before, self._wardrobe, self._draw
        slips = () if lost else tuple(trait for trait, share in SLIPS.items() if draw() < share)
        name, spelling = self._new_name()
        stem = names.stem(name, draw)
        handle = wardrobe.handles.take(stem)
        hand, language, shift = (
            self._habits() if not lost else (_masked(before.hand, draw), before.language, 0)
        )
        if lost:
            shift = SHIFTS[int(draw() * len(SHIFTS))]
        bio = wardrobe.honest_bio(self._language)
        same_line = "network" in slips
        return Identity(
            name=name,
            spelling=spelling,
            display=name.spelt(spelling),
            stem=stem,
            handle=handle,
            bio="" if bio == before.bio else bio,
            links=before.links if "links" in slips else (),
            avatar=self._new_avatar(),
            email=disguises.tagged(before.email, draw) if "email" in slips else wardrobe.email(handle),
            phone=before.phone if "phone" in slips else None,
            household=before.household if same_line else wardrobe.new_place(),
            lease=before.lease + 1 if same_line else 0,
            device=wardrobe.new_place(),
            carrier=before.carrier if not lost and draw() < 0.5 else self._random.getrandbits(30),
            vpn=before.vpn if same_line else draw() < NEW_VPN_SHARE,
            mobile=before.mobile if same_line else draw() < 0.2,
            language=language,
            hand=hand,
            shift=shift,
        )

    def _new_name(self) -> tuple[names.Name, int]:
        name, spelling = self._wardrobe.name(self._language)
        while name.spellings[0] == self._before.name.spellings[0]:
            name, spelling = self._wardrobe.name(self._language)
        return name, spelling

    def _new_avatar(self) -> str | None:
        avatar = self._wardrobe.avatar(self._random)
        return None if avatar == self._before.avatar else avatar

    def _habits(self) -> tuple[int, int, int]:
        """Hand, language and hours of writing."""
        before, draw = self._before, self._draw
        hand, language, shift = before.hand, before.language, before.shift
        if draw() < 0.03 + 0.2 * self._opsec:
            self.used.append("style_disguise")
            hand = _masked(hand, draw)
        others = OTHER_LANGUAGES[before.language]
        if others and draw() < 0.03 + 0.1 * self._opsec:
            self.used.append("other_language")
            language = others[int(draw() * len(others))]
        if draw() < 0.02 + 0.12 * self._opsec:
            self.used.append("shifted_hours")
            shift += SHIFTS[int(draw() * len(SHIFTS))]
        return hand, language, shift

    def _display(self) -> tuple[names.Name, int, str]:
        before, kind = self._before, self._draw()
        if kind < 0.05 + 0.4 * self._opsec:
            name, spelling = self._new_name()
            return name, spelling, name.spelt(spelling)
        if kind < 0.75:
            for evasion, spelling, display in self._other_displays():
                if display != before.display:
                    self.used.append(evasion)
                    return before.name, spelling, display
        return before.name, before.spelling, before.display

    def _other_displays(self) -> list[tuple[str, int, str]]:
        """The name written otherwise, the first choice first; what changes nothing is passed over."""
        before, draw = self._before, self._draw
        spelling = int(draw() * len(before.name.spellings))
        # A name that already is disguised is told from its spelling, not from the disguise.
        plain = before.name.spelt(before.spelling)
        other = [("transliteration", spelling, before.name.spelt(spelling))] * (before.display == plain)
        ways = [
            ("homoglyph", before.spelling, disguises.homoglyphs(before.display, draw)),
            ("decoration", before.spelling, disguises.decorated(plain, draw)),
            ("word_order", before.spelling, disguises.reordered(before.display)),
            ("affix", before.spelling, disguises.affixed(before.display, draw)),
        ]
        if before.display != plain:
            ways = [way for way in ways if way[0] not in ("decoration", "affix")]
        self._random.shuffle(ways)
        return other + ways if draw() < 0.4 else ways + other

    def _handle(self, name: names.Name) -> tuple[str, str]:
        """Stem and handle."""
        before, handles, draw = self._before, self._wardrobe.handles, self._draw
        if draw() < 0.1 + 0.65 * self._opsec:
            stem = names.stem(name, draw)
            return stem, handles.take(stem)
        kind = draw()
        if kind < 0.5:
            base = before.handle.rstrip("0123456789")
            successor = int(before.handle[len(base) :] or 0) + 1 + int(draw() * 3)
            if base and handles.claim(f"{base}{successor}"):
                self.used.append("suffix_digits")
                return before.stem, f"{base}{successor}"
        if kind < 0.7:
            base = before.handle.rstrip("0123456789")
            changed = disguises.leet(base, draw)
            if changed != base:
                self.used.append("leet")
            return before.stem, handles.take(changed)
        stem = before.stem if kind < 0.85 else disguises.affixed_handle(before.stem, draw)
        return before.stem, handles.take(stem)

    def _profile(self, handle: str) -> tuple[str, tuple[str, ...]]:
        before, draw, opsec = self._before, self._draw, self._opsec
        kind = draw()
        bio = before.bio
        if kind >= 0.4 - 0.3 * opsec:
            bio = self._wardrobe.network_bio(self._language)
            if before.bio and kind < 0.65 - 0.4 * opsec:
                bio = disguises.paraphrased(before.bio, draw)
                self.used.append("bio_paraphrase")
        if not before.links or draw() > 0.9 - 0.4 * opsec:
            return bio, self._wardrobe.network_links(handle)
        kind, own = draw(), before.links[-1]
        if kind < 0.15:
            self.used.append("short_link")
            return bio, (*before.links[:-1], disguises.shortened(own, draw))
        if kind < 0.3:
            self.used.append("new_path_same_domain")
            return bio, (*before.links[:-1], disguises.repathed(own, draw))
        if bio != before.bio:
            self.used.append("new_bio_same_links")
        return bio, before.links

    def _avatar(self) -> str | None:
        before, draw = self._before.avatar, self._draw
        if before is None:
            return self._wardrobe.network_avatar(self._random)
        kind = draw() + 0.35 * self._opsec
        for share, evasion, edit in (
            (0.22, "cropped_avatar", disguises.cropped),
            (0.32, "mirrored_avatar", disguises.mirrored),
            (0.42, "recoloured_avatar", disguises.recoloured),
        ):
            if kind < share:
                self.used.append(evasion)
                return edit(before, self._random)
        if kind < 0.65:
            return before
        if kind < 0.85:
            evasion, avatar = ("stock_avatar", self._wardrobe.stock()) if kind < 0.75 else ("no_avatar", None)
            if avatar != before:
                self.used.append(evasion)
                return avatar
        return self._wardrobe.network_avatar(self._random)

    def _place(self) -> dict[str, object]:
        """Household, lease, device of the next account, and how it reaches the platform."""
        before, wardrobe, draw = self._before, self._wardrobe, self._draw
        new_network = draw() < 0.2 + 0.6 * self._opsec
        new_device = draw() < 0.3 + 0.6 * self._opsec
        device = wardrobe.new_place() if new_device else before.device
        if not new_network:
            if new_device and not before.vpn and not before.mobile:
                self.used.append("new_device_same_network")
            return {"device": device, "lease": before.lease + (draw() < 0.3)}
        vpn = draw() < NEW_VPN_SHARE
        mobile = not vpn and draw() < 0.4
        if vpn and not before.vpn:
            self.used.append("vpn")
        if mobile and new_device:
            self.used.append("new_device_same_carrier")
        return {"device": device, "household": wardrobe.new_place(), "lease": 0, "vpn": vpn, "mobile": mobile}

    def _contacts(self, handle: str) -> dict[str, str | None]:
        """E-mail address and phone number."""
        before, draw, opsec = self._before, self._draw, self._opsec
        kind = draw()
        if kind < 0.2 - 0.15 * opsec:
            self.used.append("email_tag")
            return {"email": disguises.tagged(before.email, draw)}
        if kind < 0.3 - 0.2 * opsec:
            self.used.append("email_dots")
            return {"email": disguises.dotted(before.email, draw)}
        phone = before.phone if draw() < 0.5 - 0.4 * opsec else None
        if phone:
            self.used.append("new_mail_same_phone")
        return {"email": self._wardrobe.email(handle), "phone": phone}


def _masked(hand: int, draw: Draw) -> int:
    """The same hand with another surface: marks, emoji, openings; spelling habits stay (hands.py)."""
    return hand & 0xFFFFFFFF | mix(int(draw() * 2**53)) >> 34 << 32
