"""A population of accounts with closures and returns, as linkage sees it: fingerprints, and the truth.

    for fingerprint, truth in Returns(ReturnsSpec(accounts=100_000)):
        ...

Up to millions of accounts, without events: each is drawn from its own seed. docs/simulation.md says
what is modelled, with every share.
"""

from collections.abc import Iterator

import msgspec

from tenfold.fingerprint import MAX_TEXTS, Fingerprint
from tenfold.simulation import cast as casts
from tenfold.simulation.activity import NO_AUTHOR, Activity, Written, text_hash
from tenfold.simulation.cast import NOW, ReturnsSpec, cast
from tenfold.simulation.company import Company
from tenfold.simulation.drawing import Drawing
from tenfold.simulation.mixing import mix
from tenfold.simulation.operators import Operator
from tenfold.simulation.personas import Persona, Personas
from tenfold.simulation.population import COMMUNITIES, LANGUAGES, MEMBER, ROLES
from tenfold.simulation.spec import DAY
from tenfold.simulation.voices import Mixture, Voice, mixture

__all__ = ["ReturnTruth", "Returns", "ReturnsSpec"]

COPIED_POSTS = 20  # of an account that a framer has read
WHOLE_LIFE = (40.0, 1.0, 120)  # posts of a closed account: median, sigma (log-normal), at most


class ReturnTruth(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs an account.

    `operator` is the person: equal for all accounts of one. `culture` is that of the name: Arab or Latn.
    `predecessors` are the accounts of the same operator that the platform had closed before this one
    was first used, earliest first; `evasions` what changed since the latest of them. `shared_address`: it
    shares its home, or is only ever seen behind a VPN or a carrier's address translation. `framer`:
    wears the look of `framed` to have one of the two accused. `honest`: outside the network, no framer.
    """

    account: str
    operator: str
    role: str
    language: str
    culture: str
    predecessors: tuple[str, ...] = ()
    evasions: tuple[str, ...] = ()
    shared_address: bool = False
    framer: bool = False
    framed: str | None = None
    honest: bool = True


class Returns:
    """The population of a spec. Memory: the cast (about 80 bytes an account) and 20,000 personas."""

    def __init__(self, spec: ReturnsSpec) -> None:
        self.spec = spec
        self._cast = cast(spec)
        self._personas = Personas(self._cast, spec.seed)
        self._company = Company(self._cast, spec.seed)
        self._activity = Activity(self._cast, self._company, spec.seed)
        self._mixtures: dict[tuple[int, int], Mixture] = {}
        self._voice_random = Drawing(spec.seed)
        self._voice = Voice(self._voice_random)
        self._shared = self._homes_shared()

    def __len__(self) -> int:
        return self.spec.accounts

    def __iter__(self) -> Iterator[tuple[Fingerprint, ReturnTruth]]:
        """All accounts in the order of creation: closed ones with their whole life, open ones after
        `spec.posts` posts.
        """
        closed = self._cast.closed
        for account in range(len(self)):
            posts = None if closed[account] else self.spec.posts
            persona = self._personas.of(account)
            yield self._fingerprint(account, persona, posts), self._truth(account, persona)

    def newcomers(self, posts: int) -> Iterator[tuple[Fingerprint, ReturnTruth]]:
        """All accounts as they were after `posts` posts, none of them closed yet."""
        for account in range(len(self)):
            persona = self._personas.of(account)
            yield self._fingerprint(account, persona, posts), self._truth(account, persona)

    def fingerprint(self, account: int, posts: int | None = None) -> Fingerprint:
        """One account after so many posts, not closed yet; None: after its whole life, with its closure."""
        return self._fingerprint(account, self._personas.of(account), posts)

    def truth(self, account: int) -> ReturnTruth:
        """What is true of one account."""
        return self._truth(account, self._personas.of(account))

    def texts(self, account: int, posts: int | None = None) -> list[str]:
        """What the account wrote in its first `posts` posts (None: in its whole life), earliest first."""
        persona = self._personas.of(account)
        written = self._written(account, persona, self._posts(account, posts))
        return [self._said(seed, author) for seed, author in written.texts]

    def _said(self, seed: int, author: int) -> str:
        """The text of a seed, in its first author's hand; texts that many post are everywhere the same."""
        self._voice_random.restart(seed)
        draw = self._voice_random.random
        if author == NO_AUTHOR:
            kind = "propaganda" if seed >> 20 else "everyday"
            return self._voice.say(kind, seed >> 16 & 3, False, 0)[0]
        identity = self._personas.of(author).identity
        role, community = self._role(author), mix(self._cast.circle[author]) % len(COMMUNITIES)
        kind = self._mixture(role, community).draw(draw())
        return self._voice.say(kind, identity.language, role != MEMBER, identity.hand)[0]

    def _role(self, account: int) -> int:
        operator = self._operator(account)
        if operator is None or operator.spammer:
            return MEMBER
        return ROLES.index(operator.role)

    def _mixture(self, role: int, community: int) -> Mixture:
        found = self._mixtures.get((role, community))
        if found is None:
            found = self._mixtures[role, community] = mixture(role, community, False)
        return found

    def _written(self, account: int, persona: Persona, posts: int) -> Written:
        copied = None
        if self._cast.kind[account] == casts.FRAMER:
            worn = self._cast.copied[account]
            copied = self._activity.written(worn, self._personas.of(worn), COPIED_POSTS).texts
        return self._activity.written(account, persona, posts, copied)

    def _posts(self, account: int, posts: int | None) -> int:
        if posts is not None:
            return posts
        median, sigma, most = WHOLE_LIFE
        self._voice_random.restart(self.spec.seed << 40 | account << 3 | 5)
        return min(most, 1 + int(median * self._voice_random.lognormvariate(0, sigma)))

    def _fingerprint(self, account: int, persona: Persona, posts: int | None) -> Fingerprint:
        columns, activity, identity = self._cast, self._activity, persona.identity
        count = self._posts(account, posts)
        created = columns.created[account]
        until = (
            columns.closed[account] if posts is None and columns.closed[account] else created + count * DAY
        )
        until = min(until, NOW)
        written = self._written(account, persona, count)
        ties = self._company.ties(account, persona, count, self._model(account))
        links = (link.removeprefix("https://") for link in identity.links)
        return Fingerprint(
            account=f"a{account}",
            created_us=created,
            closed_us=columns.closed[account] or None if posts is None else None,
            handles=(identity.handle,),
            names=(identity.display,),
            bios=(identity.bio,) if identity.bio else (),
            avatars=(identity.avatar,) if identity.avatar else (),
            tokens=activity.tokens(account, persona, count, until),
            urls=tuple(dict.fromkeys([*links, *written.urls])),
            media=tuple(dict.fromkeys(written.media)),
            texts=tuple(text_hash(seed) for seed, _ in written.texts[: -MAX_TEXTS - 1 : -1]),
            groups=tuple(activity.groups(account, persona, self._operator(account), count)),
            follows=tuple(ties.follows),
            mentions=tuple(dict.fromkeys(written.mentions)),
            followed_by=tuple(ties.followed_by),
            mentioned_by=tuple(ties.mentioned_by),
            announced_by=tuple(ties.announced_by),
            announces=tuple(ties.announces),
            hours=tuple(written.hours) if count else (),
            posts=count,
        )

    def _model(self, account: int) -> Persona | None:
        """The persona that this account wears, or of its person's first account."""
        columns = self._cast
        if columns.kind[account] in (casts.OPERATOR, casts.SPAMMER):
            return None
        other = columns.copied[account] if columns.copied[account] >= 0 else columns.owner[account]
        return self._personas.of(other) if other != account else None

    def _operator(self, account: int) -> Operator | None:
        if self._cast.kind[account] in (casts.OPERATOR, casts.SPAMMER):
            return self._cast.operators[self._cast.owner[account]]
        return None

    def _truth(self, account: int, persona: Persona) -> ReturnTruth:
        columns = self._cast
        kind, copied = columns.kind[account], columns.copied[account]
        operator = self._operator(account)
        framer = kind in (casts.FRAMER, casts.FAKE)
        owner = columns.owner[account]
        return ReturnTruth(
            account=f"a{account}",
            operator=f"o{owner}" if operator else f"p{owner}",
            role=operator.role if operator else casts.ROLES[kind],
            language=LANGUAGES[persona.identity.language],
            culture=persona.culture,
            predecessors=self._predecessors(account, operator),
            evasions=persona.evasions,
            shared_address=persona.identity.household in self._shared
            or persona.identity.vpn
            or persona.identity.mobile,
            framer=framer,
            framed=f"a{copied}" if framer else None,
            honest=kind != casts.OPERATOR and not framer,
        )

    def _predecessors(self, account: int, operator: Operator | None) -> tuple[str, ...]:
        columns = self._cast
        if operator is None:
            owner = columns.owner[account]
            before = owner != account and 0 < columns.closed[owner] <= columns.created[account]
            return (f"a{owner}",) if before else ()
        begins = next(life.begins for life in operator.lives if life.account == account)
        return tuple(f"a{life.account}" for life in operator.lives if life.closed and life.closed <= begins)

    def _homes_shared(self) -> set[int]:
        """Households of more than one account of honest people."""
        homes = enumerate(self._cast.household)
        return {household for account, household in homes if household != account}
