"""A packet laid out for reading: blocks of words, each with the direction in which it runs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tenfold.threats.packet import direction, worth_saying
from tenfold.threats.printable import code, printable
from tenfold.threats.words import Words, moment

Block = dict[str, Any]


def blocks(packet: Mapping[str, Any], words: Words) -> list[Block]:
    """Everything in the packet, in the order in which it is read."""
    return [
        *_head(packet, words),
        *_level(packet["level"], words),
        *_target(packet["target"], words),
        *_spread(packet, words),
        *_texts(packet, words),
        *_accounts(packet, words),
        *_ending(packet, words),
    ]


def _said(text: str, way: str | None = None) -> dict[str, str]:
    """A text that somebody wrote, in its own direction unless told."""
    return {"text": printable(text), "dir": way or direction(text)}


def _code(text: str) -> dict[str, str]:
    """An identifier, digest or address: left to right."""
    return _said(text, "ltr")


def _ours(text: str, words: Words) -> dict[str, str]:
    """Our own words."""
    return {"text": text, "dir": words.direction}


def _time(at: str | None) -> dict[str, str]:
    return {"text": moment(datetime.fromisoformat(at)) if at else "—", "dir": "ltr"}


def _fact(words: Words, key: str, value: dict[str, str]) -> dict[str, Any]:
    return {"label": words.say(f"packet.{key}"), "value": value}


def _section(words: Words, key: str) -> Block:
    return {"kind": "section", "text": words.say(f"packet.{key}")}


def _table(head: list[str], columns: list[int], rows: list[list[dict[str, str]]], size: float = 8.5) -> Block:
    return {"kind": "table", "head": head, "columns": columns, "rows": rows, "size": size}


def _head(packet: Mapping[str, Any], words: Words) -> Iterator[Block]:
    number = words.say("packet.number", referral=packet["referral"], threat=packet["threat"])
    yield {"kind": "title", "text": words.say("packet.title")}
    yield {"kind": "note", **_ours(number, words)}
    basis = "\n".join(words.say(f"basis.{one}") for one in packet["legal_basis"])
    drafted, approved = packet["drafted"], packet["approved"]

    def act(key: str, told: Mapping[str, str]) -> dict[str, str]:
        at = moment(datetime.fromisoformat(told["at"]))
        return _ours(words.say(f"packet.{key}", name=printable(told["name"]), at=at), words)

    rows = [
        _fact(words, "to", _said(f"{packet['authority']} ({packet['country']})")),
        _fact(words, "basis", _ours(basis, words)),
        *([_fact(words, "note", _said(packet["legal_note"]))] if packet["legal_note"] else []),
        _fact(words, "asks", _said(packet["asks"])),
        _fact(words, "callback", _said(packet["callback"])),
        _fact(words, "approved", act("approved_by", approved) if approved else _ours("—", words)),
    ]
    yield {"kind": "facts", "rows": rows}
    yield {"kind": "note", **act("drafted_by", drafted)}
    yield _section(words, "statement")
    yield {"kind": "text", **_said(packet["statement"])}


def _level(level: Mapping[str, Any], words: Words) -> Iterator[Block]:
    yield _section(words, "level")
    by = words.say(f"packet.level_by.{level['by']}")
    yield {"kind": "text", **_ours(f"{words.name('level', level['level'])} ({by})", words)}
    if level["hours"] is not None:
        hours = words.say("packet.hours", hours=f"{level['hours']:g}")
        yield {"kind": "text", **_ours(hours, words)}
    reasons = worth_saying([*level["reasons"], *level["raised"]])
    if reasons:
        yield {"kind": "list", "items": [_ours(words.name("reason", one), words) for one in reasons]}
    if level["factors"]:
        yield {"kind": "part", "text": words.say("packet.factors")}
        rows = [
            [_ours(words.name("factor", one["factor"]), words), _value(one, words), _corrected(one, words)]
            for one in level["factors"]
        ]
        yield _table([words.say("packet.factor"), words.say("packet.value"), ""], [2, 4, 2], rows)


def _corrected(factor: Mapping[str, Any], words: Words) -> dict[str, str]:
    return _ours(words.say("packet.corrected") if factor["corrected"] else "", words)


_NAMED = {"speech_act": "speech", "act": "act_name", "target_kind": "target"}


def _value(factor: Mapping[str, Any], words: Words) -> dict[str, str]:
    value = factor["value"]
    if isinstance(value, bool):
        return _ours(words.say("packet.yes" if value else "packet.no"), words)
    if value is None:
        return _ours(words.say("packet.absent"), words)
    if factor["factor"] == "when":
        return _ours(words.say("packet.hours", hours=str(value)), words)
    prefix = _NAMED.get(factor["factor"])
    return _ours(words.name(prefix, str(value)), words) if prefix else _said(str(value) or "✓")


def _target(target: Mapping[str, Any], words: Words) -> Iterator[Block]:
    yield _section(words, "target")
    rows = [
        {
            "label": words.say("factor.target_kind"),
            "value": _ours(words.name("target", target["kind"]), words),
        }
    ]
    if target["words"]:
        rows.append(_fact(words, "target_words", _said(target["words"])))
    for one in target["protectees"]:
        kind = words.say("packet.protected", kind=words.name("kind", one["kind"]))
        rows.append({"label": kind, "value": _said(one["name"])})
        if one["contact"]:
            rows.append(_fact(words, "contact", _said(one["contact"])))
    yield {"kind": "facts", "rows": rows}
    if target["protected"] and not target["protectees"]:
        yield {"kind": "note", **_ours(words.say("packet.withheld"), words)}


def _spread(packet: Mapping[str, Any], words: Words) -> Iterator[Block]:
    spread = packet["spread"]
    yield _section(words, "spread")
    first, last = (moment(datetime.fromisoformat(spread[name])) for name in ("first_at", "last_at"))
    told = words.say(
        "packet.spread_told", texts=spread["texts"], accounts=spread["accounts"], first=first, last=last
    )
    yield {"kind": "text", **_ours(told, words)}
    if len(spread["counts"]) > 1:
        yield {"kind": "chart", "counts": [texts for _, texts, _ in spread["counts"]]}
        head = [words.say(f"packet.{key}") for key in ("from", "texts", "new_accounts")]
        rows = [[_time(at), _code(str(texts)), _code(str(new))] for at, texts, new in spread["counts"]]
        yield _table(head, [3, 1, 1], rows, 8)


def _texts(packet: Mapping[str, Any], words: Words) -> Iterator[Block]:
    yield _section(words, "texts_title")
    example = code("\u202e")
    yield {"kind": "note", **_ours(words.say("packet.exact", example=example), words)}
    same: dict[str, list[Mapping[str, Any]]] = {}
    for text in packet["texts"]:
        same.setdefault(text["text_sha256"], []).append(text)
    for number, group in enumerate(same.values(), 1):
        first = group[0]
        yield {"kind": "part", "text": words.say("packet.text", n=number)}
        yield {"kind": "quote", **_said(first["text"], first["direction"])}
        yield {"kind": "facts", "rows": _about(first, words)}
        yield from _translation(first["translation"], words)
        if len(group) > 1:
            yield {"kind": "note", **_ours(words.say("packet.same", n=len(group) - 1), words)}
            head = [words.say(f"packet.{key}") for key in ("said", "account", "id", "gone", "url")]
            yield _table(head, [4, 3, 3, 4, 6], [_place(text) for text in group[1:]], 7)
    if packet["texts_left_out"]:
        yield {"kind": "note", **_ours(words.say("packet.left_out", n=packet["texts_left_out"]), words)}


def _place(text: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        _time(text["posted_at"]),
        _code(text["account"] or "—"),
        _code(text["id"]),
        _time(text["gone_at"]),
        _code(text["url"] or "—"),
    ]


def _about(text: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    what = f"{words.name('kind', text['kind'])} · {words.name('field', text['field'])}"
    return [
        _fact(words, "said", _time(text["posted_at"])),
        _fact(words, "read", _time(text["read_at"])),
        *([_fact(words, "gone", _time(text["gone_at"]))] if text["gone_at"] else []),
        _fact(words, "account", _code(text["account"] or "—")),
        {"label": what, "value": _code(text["id"])},
        *([_fact(words, "url", _code(text["url"]))] if text["url"] else []),
        _fact(words, "text_sha", _code(text["text_sha256"])),
        _fact(words, "copy_sha", _code(text["copy_sha256"])),
    ]


def _translation(one: Mapping[str, str] | None, words: Words) -> Iterator[Block]:
    if one is None:
        yield {"kind": "note", **_ours(words.say("packet.no_translation"), words)}
        return
    by = words.say(f"packet.by_{one['by']}", language=printable(one["language"]))
    yield {"kind": "warning" if one["by"] == "machine" else "note", **_ours(by, words)}
    yield {"kind": "quote", **_said(one["text"])}


def _accounts(packet: Mapping[str, Any], words: Words) -> Iterator[Block]:
    yield _section(words, "accounts_title")
    yield {"kind": "note", **_ours(words.say("packet.tokens"), words)}
    for account in packet["accounts"]:
        yield {"kind": "part", "text": f"{words.say('packet.account')} {printable(account['id'])}"}
        yield {"kind": "facts", "rows": _profile(account, words)}
        yield from _sessions(account, words)
    if packet["accounts_left_out"]:
        yield {
            "kind": "note",
            **_ours(words.say("packet.more_accounts", n=packet["accounts_left_out"]), words),
        }


def _profile(account: Mapping[str, Any], words: Words) -> list[dict[str, Any]]:
    rows = [
        _fact(words, "handles", _code(", ".join(account["handles"]) or "—")),
        _fact(words, "names", _said(" · ".join(account["names"]) or "—")),
    ]
    rows += [_fact(words, key, _said(account[key])) for key in ("bio", "location") if account[key]]
    if account["links"]:
        rows.append(_fact(words, "links", _code("\n".join(account["links"]))))
    rows.append(_fact(words, "created", _time(account["created_at"])))
    if account["state"]:
        rows.append(_fact(words, "state", _code(account["state"])))
    for one in account["identifiers"]:
        first, last = (moment(datetime.fromisoformat(one[name])) for name in ("first_seen", "last_seen"))
        kind = words.name("token", one["kind"])
        told = words.say(
            "packet.token", kind=kind, token=printable(one["token"]), uses=one["uses"], first=first, last=last
        )
        rows.append(_fact(words, "identifiers", _ours(told, words)))
    for hand in account["hands"]:
        told = words.say(
            "packet.hand",
            account=printable(hand["account"]),
            level=words.name("packet.link_level", hand["level"]),
            probability=f"{hand['probability']:.2f}",
        )
        rows.append(_fact(words, "hands", _ours(told, words)))
    rows.append(_fact(words, "copy_sha", _code(account["copy_sha256"])))
    return rows


def _sessions(account: Mapping[str, Any], words: Words) -> Iterator[Block]:
    if not account["sessions"]:
        return
    kinds = ("address", "network", "device", "user_agent")
    head = [words.say("packet.session"), *(words.name("token", kind) for kind in kinds)]
    rows = [
        [_time(one["started_at"]), *(_code(one[f"{kind}_token"] or "—") for kind in kinds)]
        for one in account["sessions"]
    ]
    yield _table(head, [4, 3, 3, 3, 3], rows, 7)
    if account["sessions_left_out"]:
        yield {
            "kind": "note",
            **_ours(words.say("packet.more_sessions", n=account["sessions_left_out"]), words),
        }


def _ending(packet: Mapping[str, Any], words: Words) -> Iterator[Block]:
    yield _section(words, "unknown")
    unknown = [_said(one) for one in packet["unknown"]] or [_ours(words.say("packet.none"), words)]
    yield {"kind": "list", "items": unknown}
    yield _section(words, "evidence")
    yield {"kind": "note", **_ours(words.say("packet.evidence_told"), words)}
    head = [words.say(f"packet.{key}") for key in ("what", "preserved", "digest")]
    rows = [
        [_code(one["what"]), _time(one["preserved_at"]), _code(one["sha256"])] for one in packet["evidence"]
    ]
    yield _table(head, [3, 3, 8], rows, 6.3)
