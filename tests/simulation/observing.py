"""What somebody who sees only the events can say of two accounts: which evasion holds between them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from rapidfuzz.distance.Levenshtein import distance

from tenfold.simulation import AccountTruth, addresses, disguises, editing, lookalikes, pictures
from tenfold.simulation.grammar import lexicon

Seen = dict[str, Any]


class Pair(msgspec.Struct):
    """A return, and what was seen of the closed account and of it."""

    truth: AccountTruth
    before: Seen
    after: Seen

    def both(self, key: str) -> tuple[Any, Any]:
        return self.before["profile"].get(key), self.after["profile"].get(key)

    def networks(self) -> tuple[set[str], set[str]]:
        first, second = ({addresses.network_of(ip) for ip in one["ips"]} for one in (self.before, self.after))
        return first, second

    def new_device(self) -> bool:
        return not self.before["devices"] & self.after["devices"]


def undigited(handle: str) -> str:
    return handle.rstrip("0123456789")


# Sounds that vary between the usual spellings of one name, as one letter; vowels are nothing.
SOUNDS = (
    *(
        ("sh", "s"),
        ("ch", "s"),
        ("kh", ""),
        ("gh", "g"),
        ("th", "t"),
        ("dj", "g"),
        ("ش", "s"),
        ("ص", "s"),
        ("س", "s"),
    ),
    *(
        ("ب", "b"),
        ("ت", "t"),
        ("ث", "t"),
        ("ط", "t"),
        ("6", "t"),
        ("ج", "g"),
        ("ق", "g"),
        ("غ", "g"),
        ("ك", "g"),
    ),
    *(
        ("8", "g"),
        ("j", "g"),
        ("k", "g"),
        ("q", "g"),
        ("د", "d"),
        ("ض", "d"),
        ("ذ", "z"),
        ("ز", "z"),
        ("ظ", "z"),
    ),
    *(("ر", "r"), ("ف", "f"), ("ل", "l"), ("م", "m"), ("ن", "n")),
)


def consonants(name: str) -> str:
    """What is left of a name when everything that varies between its spellings is taken away."""
    text = name.lower()
    for old, new in SOUNDS:
        text = text.replace(old, new)
    return re.sub(r"(.)\1+", r"\1", re.sub("[^a-z]|[aehiouyw]", "", text))


def _suffix_digits(pair: Pair) -> bool:
    old, new = pair.both("handle")
    return bool(old != new and undigited(old) == undigited(new))


def _homoglyph(pair: Pair) -> bool:
    old, new = pair.both("display_name")
    return bool(old != new and lookalikes.fold(old) == lookalikes.fold(new))


def _leet(pair: Pair) -> bool:
    old, new = map(undigited, pair.both("handle"))
    return old != new and lookalikes.fold(old) == lookalikes.fold(new)


def _transliteration(pair: Pair) -> bool:
    old, new = pair.both("display_name")
    known = any(old in row and new in row for row in lexicon("names")["brands"])  # those are translated
    return bool(old != new and (known or distance(consonants(old), consonants(new)) <= 2))


def _decoration(pair: Pair) -> bool:
    old, new = pair.both("display_name")
    return bool(old != new and disguises.undecorated(old) == disguises.undecorated(new))


def _word_order(pair: Pair) -> bool:
    old, new = pair.both("display_name")
    return bool(old != new and sorted(old.split()) == sorted(new.split()))


def _affix(pair: Pair) -> bool:
    old, new = pair.both("display_name")
    return bool(old != new and old in new)


def _near(low: int, high: int, mirror: bool = False) -> Callable[[Pair], bool]:
    def judge(pair: Pair) -> bool:
        old, new = pair.both("avatar")
        turned = f"{int(old, 16) ^ disguises.MIRROR:064x}" if mirror else old
        return low <= pictures.distance(turned, new) <= high

    return judge


def _stock(pair: Pair) -> bool:
    old, new = pair.both("avatar")
    return bool(new and new != old)


def _no_avatar(pair: Pair) -> bool:
    old, new = pair.both("avatar")
    return bool(old) and not new


def _paraphrase(pair: Pair) -> bool:
    old, new = (set(re.findall(r"\w+", bio)) for bio in pair.both("bio"))
    return pair.both("bio")[0] != pair.both("bio")[1] and old <= new


def _same_links(pair: Pair) -> bool:
    bios, links = pair.both("bio"), pair.both("links")
    return bool(bios[0] != bios[1] and links[0] and links[0] == links[1])


def _short_link(pair: Pair) -> bool:
    old, new = pair.both("links")
    return len(old) == len(new) and old != new and disguises.host(new[-1]) in disguises.SHORTENERS


def _new_path(pair: Pair) -> bool:
    old, new = pair.both("links")
    return bool(old != new and [*map(disguises.host, old)] == [*map(disguises.host, new)])


def _email_tag(pair: Pair) -> bool:
    old, new = pair.both("email")
    return bool(old != new and re.sub(r"\+\d+@", "@", old) == re.sub(r"\+\d+@", "@", new))


def _email_dots(pair: Pair) -> bool:
    old, new = pair.both("email")
    return bool(old != new and old.replace(".", "") == new.replace(".", ""))


def _same_phone(pair: Pair) -> bool:
    mails, phones = pair.both("email"), pair.both("phone")
    return bool(mails[0] != mails[1] and phones[0] and phones[0] == phones[1])


def _same_network(pair: Pair) -> bool:
    first, second = pair.networks()
    return pair.new_device() and bool(first & second)


def _same_carrier(pair: Pair) -> bool:
    """Seen from no home; where both were seen by way of a carrier, it is the same."""
    carriers = [{ip for ip in one["ips"] if ip.startswith("100.")} for one in (pair.before, pair.after)]
    only = all(ip.startswith("100.") for ip in pair.after["ips"])
    return pair.new_device() and only and (not carriers[0] or carriers[0] == carriers[1])


def _vpn(pair: Pair) -> bool:
    return all(ip.startswith("198.18.") for ip in pair.after["ips"])


def _language(pair: Pair) -> bool:
    """Where both wrote enough, the share of Arabic script differs."""
    shares = [_arabic_share(one["posts"]) for one in (pair.before, pair.after)]
    return None in shares or shares[0] != shares[1]


def _arabic_share(posts: list[Seen]) -> float | None:
    texts = [post["text"] for post in posts if post["text"]]
    if len(texts) < 5:
        return None
    return sum(any(map(editing.is_arabic, text)) for text in texts) / len(texts)


def _delay(pair: Pair) -> bool:
    used = pair.truth.used_from or pair.after["created"]
    gone = datetime.fromisoformat(pair.before["closed"][0])
    return datetime.fromisoformat(used) - gone >= timedelta(days=5)


def _sleeper(pair: Pair) -> bool:
    """Opened while the other was still there, and silent until it was closed."""
    return bool(pair.before["created"] < pair.after["created"] < pair.before["closed"][0]) and all(
        time > pair.before["closed"][0] for time in pair.after["wrote"]
    )


def _aged(pair: Pair) -> bool:
    opened = datetime.fromisoformat(pair.after["created"])
    return datetime.fromisoformat(pair.before["closed"][0]) - opened > timedelta(days=30)


def _all_new(pair: Pair) -> bool:
    changed = all(
        pair.before["profile"].get(key) is None or pair.both(key)[0] != pair.both(key)[1]
        for key in ("handle", "display_name", "avatar", "email")
    )
    return changed and pair.new_device()


def _same_friends(pair: Pair) -> bool:
    return _all_new(pair) and len(pair.before["follows"] & pair.after["follows"]) >= 3


def _nothing(pair: Pair) -> bool:
    first, second = pair.networks()
    shared = {n for n in first & second if not n.startswith(("198.18", "100."))}
    return _all_new(pair) and not pair.truth.kept and not shared


_JUDGES: dict[str, Callable[[Pair], bool]] = {
    "suffix_digits": _suffix_digits,
    "homoglyph": _homoglyph,
    "leet": _leet,
    "transliteration": _transliteration,
    "decoration": _decoration,
    "word_order": _word_order,
    "affix": _affix,
    "cropped_avatar": _near(*disguises.CROP_BITS),
    "mirrored_avatar": _near(0, disguises.RETOUCH_BITS, mirror=True),
    "recoloured_avatar": _near(*disguises.RECOLOUR_BITS),
    "stock_avatar": _stock,
    "no_avatar": _no_avatar,
    "bio_paraphrase": _paraphrase,
    "new_bio_same_links": _same_links,
    "short_link": _short_link,
    "new_path_same_domain": _new_path,
    "email_tag": _email_tag,
    "email_dots": _email_dots,
    "new_mail_same_phone": _same_phone,
    "new_device_same_network": _same_network,
    "new_device_same_carrier": _same_carrier,
    "vpn": _vpn,
    "other_language": _language,
    "delay": _delay,
    "sleeper": _sleeper,
    "aged_account": _aged,
    "new_everything_same_friends": _same_friends,
    "nothing_kept": _nothing,
}
OBSERVABLE = tuple(_JUDGES)


def holds(evasion: str, pair: Pair) -> bool:
    """Whether the observer can confirm an evasion from the events alone."""
    return _JUDGES[evasion](pair)


def keeps(trait: str, before: Seen, after: Seen) -> bool:
    """Whether the observer can confirm that a trait was kept."""
    if trait == "device":
        return bool(before["devices"] & after["devices"])
    if trait == "network":
        networks = [{addresses.network_of(ip) for ip in one["ips"]} for one in (before, after)]
        return bool(networks[0] & networks[1])
    old, new = before["profile"].get(trait), after["profile"].get(trait)
    if trait == "email":
        return disguises.mailbox(old) == disguises.mailbox(new)
    return bool(old) and old == new
