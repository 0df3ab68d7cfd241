"""A population of accounts with closures and returns, as linkage sees it: fingerprints, and the truth.

    for fingerprint, truth in Returns(ReturnsSpec(accounts=100_000)):
        ...

Up to millions of accounts, without events: each is drawn from its own seed. docs/simulation.md says
what is modelled, with every share.
"""

from collections.abc import Iterator
from random import Random

import msgspec

from tenfold.fingerprint import Fingerprint
from tenfold.simulation import cast as casts
from tenfold.simulation.activity import Activity, latest
from tenfold.simulation.cast import NOW, ReturnsSpec, cast
from tenfold.simulation.operators import Operator
from tenfold.simulation.personas import Persona, Personas
from tenfold.simulation.population import LANGUAGES
from tenfold.simulation.spec import DAY
from tenfold.simulation.voices import Voice

__all__ = ["ReturnTruth", "Returns", "ReturnsSpec"]

WHOLE_LIFE = (40.0, 1.0, 120)  # posts of a closed account: median, sigma (log-normal), at most


class ReturnTruth(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs an account.

    `operator` is the person: equal for all accounts of one. `culture` is that of the name: Arab or Latn.
    `predecessors` are the accounts of the same operator that the platform had closed before this one
    was first used, earliest first; `evasions` what changed since the latest of them. `shared_address`:
    its home or its every address is somebody else's too. `framer`: wears the look of `framed` to have
    one of the two accused. `honest`: outside the network, and no framer.
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
        self._activity = Activity(self._cast, spec.seed)
        self._voice_random = Random(spec.seed)  # noqa: S311
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
        written = self._activity.written(account, persona, self._posts(account, posts))
        network = self._cast.kind[account] == casts.OPERATOR
        said = []
        for seed in written.texts:
            self._voice_random.seed(seed)
            kind = "propaganda" if network and seed & 3 == 0 else "everyday"
            said.append(self._voice.say(kind, persona.language, network)[0])
        return said

    def _posts(self, account: int, posts: int | None) -> int:
        if posts is not None:
            return posts
        median, sigma, most = WHOLE_LIFE
        self._voice_random.seed(account)
        return min(most, 1 + int(median * self._voice_random.lognormvariate(0, sigma)))

    def _fingerprint(self, account: int, persona: Persona, posts: int | None) -> Fingerprint:
        columns, activity, identity = self._cast, self._activity, persona.identity
        count = self._posts(account, posts)
        created = columns.created[account]
        until = (
            columns.closed[account] if posts is None and columns.closed[account] else created + count * DAY
        )
        until = min(until, NOW)
        written = activity.written(account, persona, count)
        followers, mentioned, announced = activity.inbound(account, persona, count)
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
            texts=latest(written.texts),
            groups=tuple(activity.groups(account, self._operator(account), count)),
            follows=tuple(activity.follows(account, persona, count)),
            mentions=tuple(dict.fromkeys(written.mentions)),
            followed_by=tuple(followers),
            mentioned_by=tuple(mentioned),
            announced_by=tuple(announced),
            hours=tuple(written.hours) if count else (),
            posts=count,
        )

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
            language=LANGUAGES[persona.language],
            culture=persona.culture,
            predecessors=self._predecessors(account, operator),
            evasions=persona.evasions,
            shared_address=persona.identity.household in self._shared or persona.identity.vpn,
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
        seen: set[int] = set()
        shared: set[int] = set()
        for account, household in enumerate(self._cast.household):
            if household != account:
                shared.add(household)
        return shared | seen
