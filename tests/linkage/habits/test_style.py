from tenfold.linkage import style

ARABIC = [
    "صباح الخير يا شباب كيف الحال اليوم إن شاء الله بخير",
    "والله ما ادري وش اقول لكم بس الحمد لله على كل حال",
]


def test_sketches_of_parts_add_up_to_the_sketch_of_the_whole():
    whole, chars = style.sketch(ARABIC)
    parts = [style.sketch([text]) for text in ARABIC]
    merged, merged_chars = style.merge(*parts[0], *parts[1])
    assert len(whole) == style.STYLE_BYTES
    assert (merged, merged_chars) == (whole, chars)
