"""What a rule may ask for: no person is acted against on a machine's word alone."""

from tenfold.judgement import Effects
from tenfold.policy.schema import EXACT_SIGNALS
from tenfold.policy.tree import And, Call, Collection, Compare, Field, Literal, Node, Not, Or
from tenfold.subjects import SubjectKind
from tenfold.taxonomy import ActionKind, Ground

# These can be undone without anybody having lost a voice; a rule may order them on its own.
FREE = frozenset({ActionKind.HOLD, ActionKind.HIDE, ActionKind.LABEL, ActionKind.NOTIFY, ActionKind.ESCALATE})
CLOSING = frozenset(
    {ActionKind.CLOSE_ACCOUNT, ActionKind.CLOSE_GROUP, ActionKind.REMOVE, ActionKind.RESTRICT}
)
# What an action can be done to; all others to every kind.
SUITS = {
    ActionKind.CLOSE_GROUP: frozenset({SubjectKind.GROUP}),
    ActionKind.REMOVE: frozenset({SubjectKind.POST, SubjectKind.MEDIA}),
    ActionKind.RESTRICT: frozenset({SubjectKind.ACCOUNT, SubjectKind.GROUP, SubjectKind.POST}),
    ActionKind.CLOSE_ACCOUNT: frozenset({SubjectKind.ACCOUNT, SubjectKind.POST, SubjectKind.MEDIA}),
}


def refusals(
    effects: Effects, kinds: frozenset[SubjectKind], exact: bool, condition: Node | None
) -> list[tuple[str, str]]:
    """Why a rule's effects are not allowed: messages with hints; empty when they are.

    `condition` is None when it is wrong itself and cannot be asked what it rests on.
    """
    found: list[tuple[str, str]] = []
    asked = {*effects.propose, *effects.act}
    if ActionKind.RESTORE in asked:
        found.append(("a rule cannot restore", "reversing a decision is for people"))
    for action in sorted(asked & SUITS.keys()):
        if kinds and not kinds & SUITS[action]:
            message = f"{action.value} cannot be done to: {', '.join(sorted(kinds))}"
            found.append((message, "propose another action"))
    closing = sorted(action.value for action in set(effects.act) & CLOSING)
    if closing and not exact:
        hint = "propose it instead; or say `exact: true`, if the rule rests on an exact match"
        found.append((f"{', '.join(closing)} on a machine's word alone is not allowed", hint))
    elif closing and condition is not None and not rests_on_exact(condition, True):
        signals = ", ".join(f"signals.{name}" for name in sorted(EXACT_SIGNALS))
        hint = f"every way to be true must include a match such as `'bank' in signals.url.banks` ({signals})"
        found.append(("the rule says `exact: true` but can fire without an exact match", hint))
    elif exact and not closing:
        found.append(("`exact: true` has no use here", "remove it: nothing needs it"))
    return found


def refusals_of_ground(ground: Ground, effects: Effects) -> list[tuple[str, str]]:
    """Why these effects do not go with the ground: messages with hints."""
    if ground is Ground.NONE:
        return [("TVEC0 is no ground for a rule", "it says that nothing is wrong")]
    harsh = effects.propose or effects.act or effects.hold
    if ground is Ground.EXCEPTION and (harsh or effects.queue is None):
        hint = "journalism and research are seen by a person: `case:`, and labels at most"
        return [("TVEC0.1 opens a case and does nothing else", hint)]
    return []


def rests_on_exact(node: Node, wanted: bool) -> bool:
    """Whether the node can have the verdict `wanted` only where an exact signal was found."""
    if isinstance(node, Not):
        return rests_on_exact(node.operand, not wanted)
    if isinstance(node, And | Or):
        answers = [rests_on_exact(operand, wanted) for operand in node.operands]
        return any(answers) if isinstance(node, And) is wanted else all(answers)
    if not wanted:
        return False
    if isinstance(node, Call) and node.name in ("any_of", "all_of"):
        return _is_exact(node.arguments[0], ("banks", "labels"))
    if isinstance(node, Compare) and node.operator == "in" and not isinstance(node.right, Collection):
        return isinstance(node.left, Literal) and _is_exact(node.right, ("banks", "labels"))
    if isinstance(node, Compare) and isinstance(node.right, Literal) and node.operator in (">", ">="):
        at_least = node.right.value
        positive = isinstance(at_least, int | float) and (at_least > 0 or node.operator == ">")
        return positive and _is_exact(node.left, ("count", "score"))
    return False


def _is_exact(node: Node, names: tuple[str, ...]) -> bool:
    if not isinstance(node, Field) or not node.path.startswith("signals."):
        return False
    _, signal, name = node.path.split(".", 2)
    return signal in EXACT_SIGNALS and name in names
