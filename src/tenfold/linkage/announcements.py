"""Posts that say which account is somebody's new one, in Arabic, English and Arabizi."""

import re
from collections.abc import Sequence

from tenfold.detectors.text.normalise import normalise

_HANDLE = re.compile(r"(?<!\w)@(\w{2,64})")
_OWN = re.compile(
    r"\bmy (?:new|other|backup|second|old) (?:account|acc|page|profile)|\bi am back\b|\bim back\b"
    r"|حسابي (?:ال)?(?:جديد|بديل|احتياطي|ثاني|قديم)|عدت بحساب|رجعت بحساب|7esabi (?:el)?gedid"
)
_ANY = re.compile(
    r"\b(?:new|backup|other|second) (?:account|acc|page)|\bwelcome back\b|\bis back\b"
    r"|حساب\w* (?:ال)?(?:جديد|بديل|احتياطي|ثاني)|عاد بحساب|رجع بحساب"
)


def named(text: str, mentions: Sequence[str]) -> tuple[str, ...]:
    """Ids among `mentions` (if there are none: handles in the text) announced as somebody's account."""
    folded = normalise(text).text
    if not (_ANY.search(folded) or _OWN.search(folded)):
        return ()
    return tuple(dict.fromkeys(mentions or _HANDLE.findall(text)))


def own(text: str, mentions: Sequence[str]) -> tuple[str, ...]:
    """Those of `named` that the author calls an account of his own."""
    if not _OWN.search(normalise(text).text):
        return ()
    return named(text, mentions)
