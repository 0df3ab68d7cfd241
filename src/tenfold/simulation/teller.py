"""Turns plans into events: who did what becomes the JSON object that the platform would send."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np

from tenfold.simulation import addresses, names, pictures, timeline
from tenfold.simulation.groups import Group
from tenfold.simulation.identity import Identity, Wardrobe
from tenfold.simulation.population import (
    COMMUNITIES,
    COUNTER_SPEAKER,
    FRAMER,
    JOURNALIST,
    LANGUAGES,
    MIXED,
    MOBILE,
    NETWORK_COMMUNITY,
    NEWS,
    POLITICS,
    ROLES,
    People,
)
from tenfold.simulation.spec import SimulationSpec
from tenfold.simulation.truth import AccountTruth, GroupTruth, PostTruth, Truth
from tenfold.simulation.voices import NETWORK_KINDS, ORGANISATION_KINDS, Mixture, Voice, mixture

Event = dict[str, Any]
Told = tuple[str, dict[str, Any]]  # type and data of one event

VERBATIM = 8  # of an account's latest posts, those that a framer may copy word for word
VERBATIM_SHARE = 0.4  # of a framer's posts
MOVING_SHARE = 0.006  # of honest people's posts tell of a new phone or account
RECENT = 256  # posts of each community that people still answer
MEMES = 200  # pictures that many people share
NETWORK_IMAGES = 30
PHONE_APP_KINDS = (("image", "image/jpeg"), ("image", "image/png"), ("video", "video/mp4"))


class Recent:
    """The latest posts of a community: (post, author, language)."""

    def __init__(self) -> None:
        self._posts: list[tuple[str, int, int]] = []
        self._next = 0

    def add(self, post: str, author: int, language: int) -> None:
        """Remember a post; the oldest is forgotten."""
        if len(self._posts) < RECENT:
            self._posts.append((post, author, language))
        else:
            self._posts[self._next] = (post, author, language)
            self._next = (self._next + 1) % RECENT

    def draw(self, uniform: float) -> tuple[str, int, int] | None:
        """A recent post; None while there is none."""
        return self._posts[int(uniform * len(self._posts))] if self._posts else None


class Teller:
    """Tells events in order. `on_truth` hears what is true of accounts, groups and posts as they appear."""

    def __init__(
        self,
        spec: SimulationSpec,
        people: People,
        groups: list[Group],
        *,
        wardrobe: Wardrobe,
        random: Random,
        on_truth: Callable[[Truth], None],
    ) -> None:
        self._people, self._groups, self._wardrobe, self._random = people, groups, wardrobe, random
        self._draw = random.random
        self._on_truth = on_truth
        self._voice = Voice(random)
        self._prefix = f"{spec.seed}-"
        self._time = ""
        self._told = self._posts = self._media = 0
        self._life: list[int] = people.life.tolist()
        self._role: list[int] = people.role.tolist()
        self._hand: list[int] = people.hand.tolist()
        self._said: dict[int, list[tuple[str, str, str]]] = {}
        self._community: list[int] = people.community.tolist()
        self._language: list[int] = people.language.tolist()
        self._recent = [Recent() for _ in range(NETWORK_COMMUNITY + 1)]
        self._mixtures: dict[tuple[int, int, bool], Mixture] = {}
        self._handles: dict[int, str] = {}
        self._last_post: dict[int, tuple[str, str]] = {}
        self._waiting_media: dict[int, str] = {}
        self._member_of: defaultdict[int, list[int]] = defaultdict(list)
        self._open_groups: defaultdict[int, list[int]] = defaultdict(list)
        self._memes = [pictures.picture(random) for _ in range(MEMES)]
        self._network_images = [pictures.picture(random) for _ in range(NETWORK_IMAGES)]
        self._tellers = self._by_action()

    def _by_action(self) -> dict[int, Callable[[int, int], Told | None]]:
        return {
            timeline.CREATE: self._create,
            timeline.FIRST_SESSION: self._first_session,
            timeline.BEFRIEND: lambda who, other: ("follow.created", {"target": f"a{other}"}),
            timeline.CLOSE: self._close,
            timeline.DELETE: lambda who, other: ("account.deleted", {}),
            timeline.CREATE_GROUP: self._create_group,
            timeline.DRESS: lambda who, other: ("account.updated", self._dressed(who)),
            timeline.WELCOME: self._welcome,
            timeline.BRAG: self._brag,
            timeline.JOIN_PLANNED: self._join_planned,
            timeline.CLOSE_GROUP: self._close_group,
            timeline.SESSION: self._session,
            timeline.POST: self._post,
            timeline.REPLY: self._reply,
            timeline.REPOST: self._repost,
            timeline.QUOTE: self._quote,
            timeline.UPLOAD: self._upload,
            timeline.FOLLOW: self._follow,
            timeline.JOIN: self._join,
            timeline.REPORT: self._report,
            timeline.UPDATE: self._update,
            timeline.EDIT: self._edit,
            timeline.UNPOST: self._unpost,
            timeline.UNFOLLOW: self._unfollow,
        }

    def tell(self, plan: timeline.Plan) -> Iterator[Event]:
        """The events of a plan, in its order."""
        times = np.datetime_as_string(plan.time.astype("M8[us]").astype("M8[ms]"))
        tellers, prefix = self._tellers, self._prefix
        rows = zip(
            times.tolist(), plan.account.tolist(), plan.action.tolist(), plan.other.tolist(), strict=True
        )
        for time, who, action, other in rows:
            self._time = time
            # Nothing there to answer, edit or join: say something instead.
            kind, data = tellers[action](who, other) or self._post(who, -1)
            self._told += 1
            yield {
                "id": f"{prefix}{self._told}",
                "type": kind,
                "time": f"{time}Z",
                "account": f"a{who}",
                "data": data,
            }

    # Accounts

    def _create(self, who: int, other: int) -> Told:
        profile = self._network_profile(who) if self._life[who] >= 0 else self._honest_profile(who)
        self._handles[who] = profile["handle"]
        profile["followers"] = int(self._people.followers[who])
        profile["following"] = int(self._people.followers[who] ** 0.7) + 5
        profile["created_at"] = f"{self._time}Z"
        self._on_truth(self._account_truth(who))
        return "account.created", profile

    def _network_profile(self, who: int) -> dict[str, Any]:
        life = self._people.lives[self._life[who]]
        return self._look(life.seller or life.identity)

    def _look(self, identity: Identity) -> dict[str, Any]:
        profile: dict[str, Any] = {
            "handle": identity.handle,
            "display_name": identity.display,
            "bio": identity.bio,
            "email": identity.email,
        }
        if identity.links:
            profile["links"] = list(identity.links)
        if identity.avatar:
            profile["avatar"] = identity.avatar
        if identity.phone:
            profile["phone"] = identity.phone
        return profile

    def _dressed(self, who: int) -> dict[str, Any]:
        """A bought account in its buyer's looks: what the seller showed is replaced or taken away."""
        identity = self._people.lives[self._life[who]].identity
        self._handles[who] = identity.handle
        nothing: dict[str, Any] = {"links": [], "avatar": None, "phone": None}
        return nothing | self._look(identity)

    def _honest_profile(self, who: int) -> dict[str, Any]:
        wardrobe, language = self._wardrobe, self._language[who]
        name, spelling = wardrobe.name(language)
        stem = names.stem(name, self._draw)
        handle = wardrobe.handles.take(stem)
        profile: dict[str, Any] = {
            "handle": handle,
            "display_name": name.spelt(spelling),
            "bio": wardrobe.honest_bio(language),
            "email": wardrobe.email(handle),
        }
        if self._draw() < 0.12:
            profile["links"] = [wardrobe.link(handle)]
        if self._draw() < 0.3:
            profile["location"] = wardrobe.city(language)
        if phone := wardrobe.phone():
            profile["phone"] = phone
        avatar = wardrobe.avatar(self._random)
        if self._role[who] == JOURNALIST and self._draw() < 0.5:
            profile["verified"] = True
        copied = int(self._people.copies[who])
        if copied >= 0:
            identity = self._people.lives[self._life[copied]].identity
            profile["display_name"], avatar = identity.display, identity.avatar
            if self._role[who] == FRAMER:
                profile |= {"handle": wardrobe.handles.take(identity.stem), "bio": identity.bio}
                profile["links"] = list(identity.links)
        if avatar:
            profile["avatar"] = avatar
        return profile

    def _account_truth(self, who: int) -> AccountTruth:
        people = self._people
        life = people.lives[self._life[who]] if self._life[who] >= 0 else None
        before = None if life is None or life.before is None else people.lives[life.before].account
        closed = people.ending[who] == 1
        community = self._community[who]
        return AccountTruth(
            account=f"a{who}",
            role=ROLES[self._role[who]],
            language=LANGUAGES[self._language[who]],
            community="network" if community == NETWORK_COMMUNITY else COMMUNITIES[community],
            operator=f"o{people.person[who]}",
            created_at=f"{self._time}Z",
            predecessor=None if before is None else f"a{before}",
            evasions=life.evasions if life else (),
            kept=life.kept if life else (),
            copies=f"a{people.copies[who]}" if people.copies[who] >= 0 else None,
            used_from=rfc3339(life.begins) if life and life.begins > life.created else None,
            closed_at=rfc3339(int(people.ended[who])) if closed else None,
            closed_for=self._reason(who) if closed else None,
        )

    def _reason(self, who: int) -> str:
        return "violent extremism" if self._life[who] >= 0 else "spam"

    def _close(self, who: int, other: int) -> Told:
        return "account.closed", {"reason": self._reason(who)}

    def _update(self, who: int, other: int) -> Told:
        """People change their bio, picture or follower count; the network's accounts too."""
        kind, wardrobe, language = self._draw(), self._wardrobe, self._language[who]
        if kind < 0.4:
            life = self._life[who]
            bio = wardrobe.honest_bio(language) if life < 0 else wardrobe.network_bio(language)
            return "account.updated", {"bio": bio or None}
        if kind < 0.7 and self._life[who] < 0:
            return "account.updated", {"avatar": wardrobe.avatar(self._random)}
        followers = int(self._people.followers[who] * (1 + 0.2 * self._draw()))
        return "account.updated", {"followers": followers}

    # Sessions

    def _first_session(self, who: int, other: int) -> Told:
        return self._session_from(who, mobile=False)

    def _session(self, who: int, other: int) -> Told:
        return self._session_from(who, mobile=self._draw() < MOBILE)

    def _session_from(self, who: int, mobile: bool) -> Told:
        people = self._people
        if people.vpn[who]:
            address = addresses.vpn_address(int(addresses.VPN_EXITS * self._draw() ** 2))
        elif mobile or people.mobile[who]:
            address = addresses.carrier_address(int(people.carrier[who]))
        else:
            address = addresses.home_address(int(people.household[who]), int(people.lease[who]))
        device = int(people.device[who])
        return "session.started", {
            "ip": address,
            "device": addresses.device_name(device),
            "user_agent": addresses.user_agent(device),
        }

    # Posts

    def _mixture(self, who: int) -> Mixture:
        life = self._life[who]
        hiding = life >= 0 and self._people.lives[life].quiet
        key = (self._role[who], self._community[who], hiding)
        found = self._mixtures.get(key)
        if found is None:
            found = self._mixtures[key] = mixture(*key)
        return found

    def _post(self, who: int, other: int) -> Told:
        data = self._new_post(who)
        groups = self._member_of.get(who)
        if groups and self._draw() < 0.25:
            group = self._groups[groups[int(self._draw() * len(groups))]]
            if group.closed is None or self._time < rfc3339(group.closed):
                data["group"] = group.id
        media = self._waiting_media.pop(who, None)
        if media:
            data["media"] = [media]
        return "post.created", data

    def _new_post(self, who: int) -> dict[str, Any]:
        copied = int(self._people.copies[who])
        if self._role[who] == FRAMER and self._draw() < VERBATIM_SHARE and self._said.get(copied):
            said = self._said[copied]
            kind, text, tongue = said[int(self._draw() * len(said))]
            return self._written(who, kind, (text, tongue))
        if self._life[who] < 0 and self._draw() < MOVING_SHARE:
            said_of_phone = self._voice.announce("moving", self._language[who], "", self._hand[who])
            return self._written(who, "everyday", said_of_phone)
        return self._write(who, self._mixture(who).draw(self._draw()))

    def _welcome(self, who: int, other: int) -> Told:
        return self._announcement(who, other, "welcome")

    def _brag(self, who: int, other: int) -> Told:
        return self._announcement(who, other, "brag")

    def _announcement(self, who: int, about: int, kind: str) -> Told:
        """Somebody names an account: as somebody's new one, or as one's own old one."""
        said = self._voice.announce(kind, self._language[who], self._handles[about], self._hand[who])
        return "post.created", self._written(who, "everyday", said) | {"mentions": [f"a{about}"]}

    def _write(self, who: int, kind: str, language: int | None = None) -> dict[str, Any]:
        """A new post of this kind; the truth about it is told."""
        language = self._language[who] if language is None else language
        of_network = self._life[who] >= 0
        return self._written(who, kind, self._voice.say(kind, language, of_network, self._hand[who]))

    def _written(self, who: int, kind: str, said: tuple[str, str]) -> dict[str, Any]:
        of_network = self._life[who] >= 0
        text, tongue = said
        self._posts += 1
        post = f"p{self._prefix}{self._posts}"
        if of_network:
            self._said[who] = [*self._said.get(who, ())[-VERBATIM:], (kind, text, tongue)]
        if of_network or kind in ORGANISATION_KINDS or self._role[who] == FRAMER:
            told = kind if kind in NETWORK_KINDS or kind in ORGANISATION_KINDS else "ordinary"
            self._on_truth(PostTruth(post=post, account=f"a{who}", kind=told, language=tongue))
        self._recent[self._community[who]].add(post, who, self._language[who])
        self._last_post[who] = (post, kind)
        return {"post": post, "text": text}

    def _target(self, who: int) -> tuple[str, int, int] | None:
        """A recent post that this account would answer: mostly of its own community."""
        draw = self._draw
        community, role = self._community[who], self._role[who]
        if role in (JOURNALIST, COUNTER_SPEAKER) and draw() < 0.3:
            community = NETWORK_COMMUNITY
        elif draw() < 0.2:
            community = int(draw() * NETWORK_COMMUNITY)
        return self._recent[community].draw(draw())

    def _reply(self, who: int, other: int) -> Told | None:
        target = self._target(who)
        if target is None:
            return None
        post, author, language = target
        kind = "replies"
        if self._life[who] >= 0 and self._draw() < 0.3:
            kind = self._mixture(who).draw(self._draw())
        elif self._community[author] == NETWORK_COMMUNITY and self._role[who] == COUNTER_SPEAKER:
            kind = "counterspeech"
        own = self._language[who]
        data = self._write(who, kind, language if own == MIXED else own)
        data["reply_to"] = post
        if self._draw() < 0.6 and author in self._handles:
            data["text"] = f"@{self._handles[author]} {data['text']}"
            data["mentions"] = [f"a{author}"]
        return "post.created", data

    def _repost(self, who: int, other: int) -> Told | None:
        target = self._target(who)
        if target is None:
            return None
        self._posts += 1
        post = f"p{self._prefix}{self._posts}"
        if self._life[who] >= 0:
            language = LANGUAGES[self._language[who]]
            self._on_truth(PostTruth(post=post, account=f"a{who}", kind="repost", language=language))
        return "post.created", {"post": post, "text": "", "repost_of": target[0]}

    def _quote(self, who: int, other: int) -> Told | None:
        target = self._target(who)
        if target is None:
            return None
        kind = "replies"
        if self._community[target[1]] == NETWORK_COMMUNITY and self._life[who] < 0:
            kind = "reporting" if self._role[who] == JOURNALIST else "counterspeech"
        data = self._write(who, kind)
        data["quote_of"] = target[0]
        return "post.created", data

    def _edit(self, who: int, other: int) -> Told | None:
        last = self._last_post.get(who)
        if last is None:
            return None
        text, _ = self._voice.say(last[1], self._language[who], self._life[who] >= 0, self._hand[who])
        return "post.updated", {"post": last[0], "text": text}

    def _unpost(self, who: int, other: int) -> Told | None:
        last = self._last_post.pop(who, None)
        return None if last is None else ("post.deleted", {"post": last[0]})

    def _upload(self, who: int, other: int) -> Told:
        random, draw = self._random, self._draw
        kind, mime = PHONE_APP_KINDS[int(3 * draw() ** 2)]
        if self._life[who] >= 0 and draw() < 0.5:
            pdq = pictures.edited(names.common(self._network_images, draw), int(draw() * 24), random)
        elif draw() < 0.3:
            pdq = pictures.edited(names.common(self._memes, draw), int(draw() * 12), random)
        else:
            pdq = pictures.picture(random)
        self._media += 1
        media = f"m{self._prefix}{self._media}"
        self._waiting_media[who] = media
        data: dict[str, Any] = {
            "media": media,
            "kind": kind,
            "mime": mime,
            "sha256": f"{random.getrandbits(256):064x}",
            "md5": f"{random.getrandbits(128):032x}",
            "bytes": int(50_000 * (1 + 20 * draw() ** 4) * (20 if kind == "video" else 1)),
        }
        if kind == "image":
            data["pdq"] = pdq
        return "media.uploaded", data

    # Company

    def _follow(self, who: int, other: int) -> Told | None:
        target = self._target(who)
        if target is None or target[1] == who:
            return None
        return "follow.created", {"target": f"a{target[1]}"}

    def _unfollow(self, who: int, other: int) -> Told | None:
        told = self._follow(who, other)
        return told and ("follow.deleted", told[1])

    def _create_group(self, who: int, other: int) -> Told:
        group = self._groups[other]
        self._member_of[who].append(other)
        self._open_groups[group.community].append(other)
        self._on_truth(
            GroupTruth(
                group=group.id,
                role="network" if group.of_network else "ordinary",
                language=LANGUAGES[group.language],
                community="network" if group.of_network else COMMUNITIES[group.community],
                created_at=f"{self._time}Z",
                predecessor=group.before,
                closed_at=rfc3339(group.closed) if group.closed is not None else None,
            )
        )
        return "group.created", {
            "group": group.id,
            "name": group.name,
            "description": group.description,
            "visibility": "private" if group.of_network and self._draw() < 0.4 else "public",
        }

    def _close_group(self, who: int, other: int) -> Told:
        self._open_groups[self._groups[other].community].remove(other)
        return "group.closed", {"group": self._groups[other].id, "reason": "violent extremism"}

    def _join_planned(self, who: int, other: int) -> Told:
        self._member_of[who].append(other)
        return "group.joined", {"group": self._groups[other].id}

    def _join(self, who: int, other: int) -> Told | None:
        """Join a group of one's community; a few curious people find the network's."""
        community = NETWORK_COMMUNITY if self._draw() < 0.01 else self._community[who]
        choices = self._open_groups[community]
        if not choices:
            return None
        index = choices[int(self._draw() * len(choices))]
        if index in self._member_of[who]:
            return None
        self._member_of[who].append(index)
        return "group.joined", {"group": self._groups[index].id}

    def _report(self, who: int, other: int) -> Told | None:
        """Honest people report the network, and now and then somebody who did nothing; the network
        reports those who write against it.
        """
        draw = self._draw
        if self._life[who] >= 0:
            community = NEWS if draw() < 0.5 else POLITICS
            reasons: tuple[str, ...] = ("hate", "spam", "impersonation")
        elif draw() < 0.55:
            community, reasons = NETWORK_COMMUNITY, ("terrorism", "violence", "hate")
        else:
            community = int(draw() * NETWORK_COMMUNITY)
            reasons = ("spam", "harassment", "false information", "terrorism")
        target = self._recent[community].draw(draw())
        if target is None:
            return None
        post, author, _ = target
        subject = {"kind": "post", "id": post} if draw() < 0.75 else {"kind": "account", "id": f"a{author}"}
        return "report.filed", {"subject": subject, "reason": reasons[int(draw() * len(reasons))]}


def rfc3339(microseconds: int) -> str:
    """A time as events write it: UTC, milliseconds."""
    return f"{np.datetime_as_string(np.datetime64(microseconds, 'us').astype('M8[ms]'))}Z"
