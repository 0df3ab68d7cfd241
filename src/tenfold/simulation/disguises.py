"""Single changes that people make to a name, a handle, a picture, a bio, a link or a mailbox to pass."""

import unicodedata
from random import Random

from tenfold.simulation import lookalikes, pictures
from tenfold.simulation.grammar import Draw

HIEROGLYPHS = "\U00013000"  # the first of them: letters, used as decoration
TATWEEL = "\u0640"
WRAPS = (
    "★ {} ★",
    "꧁{}꧂",
    "「{}」",
    "•{}•",
    "𓆩{}𓆪",
    "{} ⚔️",
    "{} 🌑",
    "🔥{}🔥",
    "_{}_",
    "~{}~",
    "|| {} ||",
    "{} ✪",
)
AFFIXES_ARABIC = ("{} الجديد", "{} الأصلي", "{} مرة أخرى", "الحساب الثاني {}", "{} ٢", "عودة {}", "{} الرسمي")
AFFIXES_LATIN = ("{} new", "real {}", "{} again", "the {}", "{} II", "{} returns", "{} official", "Its {}")
HANDLE_AFFIXES = (
    "{}_new",
    "real_{}",
    "the{}",
    "{}_again",
    "{}_back",
    "its_{}",
    "{}_v2",
    "x{}x",
    "{}_official",
)
SHORTENERS = ("tiny.example", "go.test", "sh.example")
DOTLESS_MAIL = ("mail.example", "inbox.test")  # deliver a.b@ and ab@ to one mailbox
CROP_BITS = (4, 40)  # of 256; about a quarter lies beyond the threshold of a PDQ match, 31
RECOLOUR_BITS = (2, 24)
RETOUCH_BITS = 12  # at most, beside what a mirror does
# The bits that change sign when a picture is mirrored: odd horizontal frequencies (DCT of PDQ, 16 x 16).
MIRROR = int("5555" * 16, 16)
_BOLD = {
    ord(first) + step: code + step for first, code in (("a", 0x1D41A), ("A", 0x1D400)) for step in range(26)
}


def _is_arabic(text: str) -> bool:
    return any("\u0600" <= letter <= "\u06ff" for letter in text)


def homoglyphs(name: str, draw: Draw) -> str:
    """One to three letters replaced by look-alikes; the same name if it has none."""
    table = lookalikes.ARABIC if _is_arabic(name) else lookalikes.LATIN
    return lookalikes.swap(name, table, 1 + int(draw() * 3), int(draw() * 9))


def decorated(name: str, draw: Draw) -> str:
    """In signs and frames, drawn out (Arabic), or in mathematical bold letters (Latin)."""
    if draw() < 0.3:
        return drawn_out(name, draw) if _is_arabic(name) else bold(name)
    return WRAPS[int(draw() * len(WRAPS))].format(name)


def drawn_out(name: str, draw: Draw) -> str:
    """Arabic with a kashida after one letter that joins the next."""
    joining = [
        place
        for place, letter in enumerate(name[:-1])
        if letter in "بتثجحخسشصضطظعغفقكلمنهي" and name[place + 1] != " "
    ]
    if not joining:
        return f"{name} ✪"
    at = joining[int(draw() * len(joining))] + 1
    return name[:at] + TATWEEL * (1 + int(draw() * 3)) + name[at:]


def bold(name: str) -> str:
    """Latin letters as mathematical bold ones."""
    return name.translate(_BOLD)


def undecorated(name: str) -> str:
    """Only its letters and digits, compatibility forms folded, in lower case."""
    folded = unicodedata.normalize("NFKC", name).replace(TATWEEL, "")
    return "".join(letter for letter in folded if letter.isalnum() and letter < HIEROGLYPHS).lower()


def reordered(name: str) -> str:
    """The last word first; the same name if it is one word."""
    words = name.split()
    return " ".join([words[-1], *words[:-1]])


def affixed(name: str, draw: Draw) -> str:
    """With a word before or after it."""
    affixes = AFFIXES_ARABIC if _is_arabic(name) else AFFIXES_LATIN
    return affixes[int(draw() * len(affixes))].format(name)


def affixed_handle(stem: str, draw: Draw) -> str:
    """Likewise, for handles."""
    return HANDLE_AFFIXES[int(draw() * len(HANDLE_AFFIXES))].format(stem)


def leet(stem: str, draw: Draw) -> str:
    """One to three letters but the last replaced by digits; the same if there are none to replace."""
    return lookalikes.swap(stem[:-1], lookalikes.LEET, 1 + int(draw() * 3), int(draw() * 5)) + stem[-1:]


def cropped(avatar: str, random: Random) -> str:
    """The picture cropped, framed or re-encoded."""
    low, high = CROP_BITS
    return pictures.edited(avatar, low + int(random.random() * (high - low + 1)), random)


def recoloured(avatar: str, random: Random) -> str:
    """Other colours: PDQ looks at brightness only, so that little changes."""
    low, high = RECOLOUR_BITS
    return pictures.edited(avatar, low + int(random.random() * (high - low + 1)), random)


def mirrored(avatar: str, random: Random) -> str:
    """Left and right exchanged, and a little retouched."""
    flipped = f"{int(avatar, 16) ^ MIRROR:064x}"
    return pictures.edited(flipped, int(random.random() * (RETOUCH_BITS + 1)), random)


def paraphrased(bio: str, draw: Draw) -> str:
    """Its clauses in another order and with other marks between them; a single one gets a tail."""
    parts = [
        part.strip(" .،,") for part in bio.replace("|", ",").replace("،", ",").replace(". ", ",").split(",")
    ]
    parts = [part for part in parts if part]
    arabic = _is_arabic(bio)
    if len(parts) > 1:
        mark = (" | ", " - ", " • ", "، " if arabic else ", ")[int(draw() * 4)]
        turned = mark.join([parts[-1], *parts[:-1]])
        if turned != bio:
            return turned
    tails = ("، من جديد", " ..", "، لا أكثر") if arabic else (", once more", " ..", ", nothing else")
    return bio.rstrip(".") + tails[int(draw() * len(tails))]


def shortened(link: str, draw: Draw) -> str:
    """A shortener's address that leads there."""
    return f"https://{SHORTENERS[int(draw() * len(SHORTENERS))]}/{int(draw() * 2**40):x}"


def repathed(link: str, draw: Draw) -> str:
    """Another page of the same site."""
    return f"https://{host(link)}/{int(draw() * 2**36):x}"


def host(link: str) -> str:
    """The site of a link."""
    return link.partition("://")[2].partition("/")[0]


def tagged(email: str, draw: Draw) -> str:
    """The same mailbox with another tag."""
    local, _, domain = email.partition("@")
    mailbox, _, old = local.partition("+")
    tag = str(int(draw() * 1_000_000))
    return f"{mailbox}+{tag if tag != old else tag + '0'}@{domain}"


def dotted(email: str, draw: Draw) -> str:
    """The same letters with a dot more somewhere: the same mailbox with some services."""
    local, _, domain = email.partition("@")
    letters, plus, tag = local.partition("+")
    at = 1 + int(draw() * (len(letters) - 1))
    return f"{letters[:at]}.{letters[at:]}{plus}{tag}@{domain}"


def mailbox(email: str) -> str:
    """Where mail to this address arrives: without tag, and without dots where they do not count."""
    local, _, domain = email.partition("@")
    local = local.partition("+")[0]
    return f"{local.replace('.', '') if domain in DOTLESS_MAIL else local}@{domain}"
