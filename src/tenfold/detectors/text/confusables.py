"""Characters that look like others, by hand: which letter a reader takes each one for.

Checked against the code charts of the Unicode Standard. Compatibility characters (full width, mathematical,
enclosed, presentation forms) are not listed: Unicode's own decompositions fold them.
"""

# Letters that Unicode does not decompose, folded wherever they stand.
ALWAYS = {
    # Arabic script: letters of Persian, Urdu, Kurdish, Uyghur and decorative keyboards read as Arabic ones
    **dict.fromkeys("ٱٲٳٵ", "ا"),
    **dict.fromkeys("کڪګݢݣڬڭ", "ك"),
    **dict.fromkeys("ىیےۍېۑئ", "ي"),
    **dict.fromkeys("ةہھەۀۂۃ", "ه"),
    **dict.fromkeys("ۅۆۇۈۉۊۋۏ", "و"),
    **dict.fromkeys("ںڻڼ", "ن"),
    **dict.fromkeys("ڡڢ", "ف"),
    **dict.fromkeys("ٯڧڨ", "ق"),
    **dict.fromkeys("ڕړڒ", "ر"),
    "ڵ": "ل",
    "ٮ": "ب",
    "ء": "",
    # Latin script
    **dict.fromkeys("ıɪɩӏ", "i"),
    **dict.fromkeys("ɑᴀ", "a"),
    **dict.fromkeys("ƀɓʙ", "b"),
    "ᴄ": "c",
    **dict.fromkeys("đɖɗᴅ", "d"),
    **dict.fromkeys("ᴇɛɘǝə", "e"),
    "ꜰ": "f",
    **dict.fromkeys("ɡɢǥɠ", "g"),
    **dict.fromkeys("ħʜɦ", "h"),
    **dict.fromkeys("ȷᴊ", "j"),
    **dict.fromkeys("ƙᴋ", "k"),
    **dict.fromkeys("łƚɫʟ", "l"),
    **dict.fromkeys("ᴍɱ", "m"),
    **dict.fromkeys("ɲŋɴ", "n"),
    **dict.fromkeys("øɵᴏ", "o"),
    **dict.fromkeys("ƥᴘ", "p"),
    **dict.fromkeys("ʀɹɽ", "r"),
    **dict.fromkeys("ꜱʂ", "s"),
    **dict.fromkeys("ŧƭᴛ", "t"),
    **dict.fromkeys("ʉᴜ", "u"),
    **dict.fromkeys("ᴠʋ", "v"),
    "ᴡ": "w",
    **dict.fromkeys("ʏƴ", "y"),
    **dict.fromkeys("ƶᴢ", "z"),
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ð": "d",
}

# Cyrillic, Greek and Armenian letters that are drawn like a Latin one, case as written.
STRICT = dict(
    zip(
        "АВСЕНІЈКМОРЅТХУҮԀԚԜасеорхуіјѕԁԛԝһӀѵΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναιρκօՕՍՏ",
        "abcehijkmopstxyydqwaceopxyijsdqwhlvabezhikmnoptyxovaipkoous",
        strict=True,
    )
)

# Letters that only resemble a Latin one: folded in words that hold Latin letters too.
LOOSE = STRICT | dict(
    zip(
        "гкмтнвпиьяГПИЯηητωεσμβγχυδτΣΛհոսլ",
        "rkmthbnubrrnnrnntweoubyxudtsahnul",
        strict=True,
    )
)
