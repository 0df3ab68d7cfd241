"""What a decision can be about: an account, a post, a media item or a group."""

from enum import StrEnum

import msgspec


class SubjectKind(StrEnum):
    """The four kinds of subject; the value is what API, database and policy write."""

    ACCOUNT = "account"
    POST = "post"
    MEDIA = "media"
    GROUP = "group"


class Subject(msgspec.Struct, frozen=True, order=True):
    """One subject: its kind and the platform's own id for it.

    Ordered by kind, then id, so that batches touch rows in one order everywhere and cannot
    deadlock with each other.
    """

    kind: SubjectKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Read `kind:id` as printed by `str()`; raises ValueError that says what is wrong."""
        kind, separator, id_ = text.partition(":")
        if not separator or not id_:
            raise ValueError(f"a subject is written KIND:ID, for example post:123; got {text!r}")
        try:
            return cls(SubjectKind(kind), id_)
        except ValueError:
            kinds = ", ".join(k.value for k in SubjectKind)
            raise ValueError(f"{kind!r} is no kind of subject; one of {kinds}") from None
