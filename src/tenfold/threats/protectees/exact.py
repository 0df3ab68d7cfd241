"""What names a protectee beyond doubt: an account's id, a handle, an e-mail address of the staff's domain."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from tenfold.store.protectees import Watched
from tenfold.threats.protectees.matches import NOWHERE, How

# Longest runs of what ids, handles and addresses of pages are written with.
_find_runs = re.compile(r"@?[^\W](?:[\w.:/@-]*\w)?").finditer
_find_parts = re.compile(r"[^/:@]+").finditer
_find_domains = re.compile(
    r"(?P<local>[\w.+-]+@)?(?P<domain>(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,})"
).finditer
# What is no ordinary word or name even without @: four characters with a digit or a sign among them.
_tells_itself = re.compile(r"(?=.*[\d_.-])(?=.*\w.*\w.*\w.*\w)").match

Exact = tuple[int, How, tuple[int, int], bool]  # place of the protectee, how, where, whether certain


def folded_handle(text: str) -> str:
    """A handle or domain for comparing: compatibility forms and case folded, no @ before it."""
    return unicodedata.normalize("NFKC", text).strip().removeprefix("@").casefold()


class ExactIndex:
    """Handles, account ids and domains of protectees, each known by its place in the list."""

    def __init__(self, watched: Sequence[Watched]) -> None:
        self._accounts: dict[str, list[int]] = {}
        self._written: dict[str, list[tuple[int, How]]] = {}
        self._domains: dict[str, list[int]] = {}
        for place, one in enumerate(watched):
            for account in one.accounts:
                self._accounts.setdefault(account, []).append(place)
                self._written.setdefault(folded_handle(account), []).append((place, "account"))
            for handle in one.handles:
                self._written.setdefault(folded_handle(handle), []).append((place, "handle"))
            for domain in one.domains:
                self._domains.setdefault(folded_handle(domain), []).append(place)

    def mentioned(self, accounts: Iterable[str]) -> Iterator[Exact]:
        """Protectees among the accounts that the platform says are mentioned."""
        for account in accounts:
            for place in self._accounts.get(account, ()):
                yield place, "account", NOWHERE, True

    def written(self, text: str) -> Iterator[Exact]:
        """Handles and ids in the text: after @, or bare where they cannot be an ordinary word or name."""
        if not self._written:
            return
        for run in _find_runs(text):
            for start, end in {
                run.span(),
                *(_shift(part.span(), run.start()) for part in _find_parts(run[0])),
            }:
                part = text[start:end]
                if "@" in text[max(start - 1, 0) : start + 1] or _tells_itself(part):
                    for place, how in self._written.get(folded_handle(part), ()):
                        yield place, how, (start, end), True

    def domains(self, text: str) -> Iterator[Exact]:
        """Domains of staff, or of a domain below it; certain as part of an e-mail address."""
        if not self._domains or "." not in text:
            return
        for found in _find_domains(text):
            labels = folded_handle(found["domain"]).split(".")
            for i in range(len(labels) - 1):
                for place in self._domains.get(".".join(labels[i:]), ()):
                    yield place, "domain", found.span(), found["local"] is not None


def _shift(span: tuple[int, int], by: int) -> tuple[int, int]:
    return span[0] + by, span[1] + by
