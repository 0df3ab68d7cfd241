"""`tenfold policy`: check rules, list them, run the tests beside them, explain one on given facts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold.cli import common, policy_versions
from tenfold.cli.policy_backtest import backtest

if TYPE_CHECKING:
    from tenfold.policy import PolicySet
    from tenfold.policy.rules import Example, Rule
    from tenfold.policy.trace import Explained

app = typer.Typer()
sets_app = typer.Typer(no_args_is_help=True)
app.command()(backtest)
policy_versions.add_to(app)
app.add_typer(sets_app, name="sets", help="Values that the store keeps for the sets of the policy in force.")

ACTOR = "cli:policy"

Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Files or folders of rules; if not given, those of TENFOLD_POLICIES, or the starter pack."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
SIGNS = {True: "✓", False: "✗", None: "?"}


@app.command()
def check(paths: Paths = None, as_json: AsJson = False) -> None:
    """Read rules and say everything that is wrong with them; exit status 1 when something is."""
    from tenfold.policy import PolicyErrors

    try:
        policy = _load(paths)
    except PolicyErrors as errors:
        if as_json:
            common.print_json({"ok": False, "errors": errors.errors})
        else:
            number = len(errors.errors)
            typer.echo(f"{errors}\n\n{number} mistake{'s' if number > 1 else ''}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        common.print_json({"ok": True, "version": policy.version, "rules": len(policy.rules)})
    else:
        counts = f"rules: {len(policy.rules)}, counters: {len(policy.counters)}, sets: {len(policy.sets)}"
        typer.echo(f"all well ({counts}); version {policy.version}")


@app.command(name="list")
def list_(paths: Paths = None, as_json: AsJson = False) -> None:
    """Every rule: its name, what it applies to, what it asks for."""
    policy = sound(paths)
    if as_json:
        common.print_json([_summary(rule) for rule in policy.rules])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("rule", "applies to", "ground", "severity", "asks for", "tests")
    for rule in policy.rules:
        about = _summary(rule)
        table.add_row(
            f"{rule.name}\n[dim]{rule.titles['en']}[/dim]",
            ", ".join(about["on"]),
            rule.ground.value,
            about["severity"],
            "\n".join(about["effects"]),
            str(len(rule.examples)),
        )
    Console().print(table)


@app.command(name="test")
def test_(paths: Paths = None, as_json: AsJson = False) -> None:
    """Run the tests beside the rules; exit status 1 when one fails."""
    policy = sound(paths)
    results = [
        (rule, example, policy.passes(rule, example)) for rule in policy.rules for example in rule.examples
    ]
    failed = [(rule, example) for rule, example, passed in results if not passed]
    untested = [rule.name for rule in policy.rules if not rule.examples]
    if as_json:
        tests = [{"rule": rule.name, "test": one.name, "passed": passed} for rule, one, passed in results]
        common.print_json({"tests": tests, "failed": len(failed), "untested": untested})
    else:
        for rule, example in failed:
            _print_failure(policy, rule, example)
        for name in untested:
            typer.echo(f"{name}: has no tests")
        typer.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(help="Name of the rule.")],
    facts: Annotated[Path, typer.Option(help="JSON file of facts, in the form of the tests beside rules.")],
    paths: Annotated[list[Path] | None, typer.Option("--policy", help="Files or folders of rules.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show which parts of a rule's condition are true, false or unknown of the facts in a file."""
    import msgspec

    from tenfold.policy.given import GivenError, facts_from
    from tenfold.policy.schema import nearest

    policy = sound(paths)
    found = next((one for one in policy.rules if one.name == rule), None)
    if found is None:
        meant = nearest(rule, [one.name for one in policy.rules])
        hint = f"did you mean {meant}?" if meant else "`tenfold policy list` shows them"
        raise common.CommandError(f"there is no rule {rule}; {hint}")
    try:
        data = msgspec.json.decode(facts.read_bytes())
        given = facts_from(
            data, policy.schema, min(found.events, default=None), min(found.kinds, default=None)
        )
    except OSError as error:
        raise common.CommandError(f"{facts}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, GivenError) as error:
        raise common.CommandError(f"{facts}: {error}") from None
    applies = found.applies(given.event_type, given.subject.kind)
    explained = policy.explain(found, given)
    if as_json:
        fires = applies and explained.verdict is True
        common.print_json({"rule": rule, "fires": fires, "applies": applies, "condition": explained})
        return
    if not applies:
        typer.echo(f"{rule} does not apply to {given.event_type} about {given.subject.kind.value}")
    _print_tree(explained)
    typer.echo(f"{rule} {'fires' if applies and explained.verdict else 'does not fire'}")


@app.command()
def fields(as_json: AsJson = False) -> None:
    """Every field that rules can ask about, with its type and meaning."""
    from tenfold.policy import Schema
    from tenfold.policy.kinds import KINDS

    declared = Schema.build(KINDS).fields
    if as_json:
        common.print_json({path: {"type": str(d.type), "meaning": d.meaning} for path, d in declared.items()})
        return
    width = max(map(len, declared))
    for path, one in declared.items():
        typer.echo(f"{path:<{width}}  {one.type}: {one.meaning}")


SetName = Annotated[str, typer.Argument(metavar="SET", help="A set that the policy declares.")]
Values = Annotated[list[str], typer.Argument(metavar="VALUE...")]


@sets_app.command("list")
def list_set(name: SetName, as_json: AsJson = False) -> None:
    """Values of a set: those written in the rules, then those kept in the store."""
    from tenfold.store import sets

    written = sorted(_declared_set(name))
    with common.connection() as conn:
        kept = sets.listing(conn, name)
    if as_json:
        common.print_json({"set": name, "in_rules": written, "in_store": kept})
        return
    for value in written:
        typer.echo(f"{value}\tin the rules")
    for value in kept:
        typer.echo(value)


@sets_app.command("add")
def add_to_set(name: SetName, values: Values) -> None:
    """Put values into a set; the next batch of events sees them."""
    from tenfold.store import audit, sets

    _declared_set(name)
    try:
        with common.connection() as conn:
            added = sets.add(conn, name, values, ACTOR)
            details = {"values": values}
            audit.append(
                conn, [audit.Entry(actor=ACTOR, act="set.added", subject=f"set:{name}", details=details)]
            )
    except ValueError as error:
        raise common.CommandError(str(error)) from None
    typer.echo(f"added: {added}, there before: {len(set(values)) - added}")


@sets_app.command("remove")
def remove_from_set(name: SetName, values: Values) -> None:
    """Take values out of a set; those written in the rules stay."""
    from tenfold.store import audit, sets

    _declared_set(name)
    with common.connection() as conn:
        removed = sets.remove(conn, name, values)
        details = {"values": values}
        audit.append(
            conn, [audit.Entry(actor=ACTOR, act="set.removed", subject=f"set:{name}", details=details)]
        )
    typer.echo(f"removed: {removed}, not in it: {len(set(values)) - removed}")


def _declared_set(name: str) -> frozenset[str]:
    """The values in the rules; a set that no rule file declares is refused."""
    from tenfold.policy.in_force import in_force
    from tenfold.policy.schema import nearest

    files = sound(None)
    with common.connection() as conn:
        declared = in_force(conn, files).sets
    if name not in declared:
        meant = nearest(name, declared)
        hint = f"did you mean {meant}?" if meant else "declare it under `sets:` in a rule file"
        raise common.CommandError(f"the policy in force has no set {name}; {hint}")
    return declared[name]


def _load(paths: list[Path] | None) -> "PolicySet":
    from tenfold.policy import load, load_policies
    from tenfold.policy.kinds import KINDS

    return load(paths, KINDS) if paths else load_policies(common.settings())


def sound(paths: list[Path] | None) -> "PolicySet":
    """The policy; its mistakes end the command."""
    from tenfold.policy import PolicyErrors

    try:
        return _load(paths)
    except PolicyErrors as errors:
        sys.stderr.write(f"{errors}\n")
        raise typer.Exit(1) from None


def _summary(rule: "Rule") -> dict[str, Any]:
    from tenfold.policy.difference import asks

    return {
        "name": rule.name,
        "titles": rule.titles,
        "on": sorted(kind.value for kind in rule.kinds) + sorted(rule.events),
        "when": rule.when.text.strip(),
        "ground": rule.ground.value,
        "severity": rule.severity.name.lower(),
        "effects": asks(rule),
        "tests": len(rule.examples),
        "place": f"{rule.place.file}:{rule.place.line}",
    }


def _print_failure(policy: "PolicySet", rule: "Rule", example: "Example") -> None:
    should = "should fire and does not" if example.fires else "fires and should not"
    typer.echo(f"{example.place.file}:{example.place.line}: {rule.name}: {should}: {example.name}")
    if not rule.applies(example.facts.event_type, example.facts.subject.kind):
        subject = example.facts.subject.kind.value
        typer.echo(f"  the rule does not apply to {example.facts.event_type} about {subject}")
    _print_tree(policy.explain(rule, example.facts), 1)


def _print_tree(part: "Explained", depth: int = 0) -> None:
    """A part and those below it: ✓ true, ✗ false, ? unknown."""
    saw = f"   [{part.value}]" if part.value else ""
    typer.echo(f"{'  ' * depth}{SIGNS[part.verdict]} {part.text}{saw}")
    for below in part.parts:
        _print_tree(below, depth + 1)
