"""Handles as people write them in texts: "@abu.omar", in any script."""

import re

# Letters and digits with the marks that stand on them, dots and hyphens between; read to its end, so that
# never the beginning of a longer handle is taken for one. What stands before or behind another "@" is an
# address of mail or of another server, what stands behind a slash the path of some site.
_WORD = r"[\w\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u200c\u200d]+"
HANDLE = re.compile(rf"(?<![\w@/])(?<!\w[.+-])@((?>{_WORD}(?:[.-]+{_WORD})*))(?![.-]*@)")


def named_in(text: str) -> list[str]:
    """Handles that a text names, in lower case, without "@", in their order, each as often as it is there."""
    return [handle.lower() for handle in HANDLE.findall(text)]
