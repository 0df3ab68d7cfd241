"""What should happen: rules as reviewed text, checked when loaded, judged on facts.

policy = load([Path("rules")], kinds)            # PolicyErrors lists every mistake
sets = policy.all_sets(stored_sets)              # once a batch
facts = [Facts(..., sets=sets), ...]
policy.count(facts, seqs, partial(counters.hit_and_read, conn))   # fills facts.counters
firings = [firing for one in facts for firing in policy.judge(one)]
"""

from tenfold.policy.errors import PolicyError, PolicyErrors
from tenfold.policy.facts import Facts, aggregate
from tenfold.policy.policyset import PolicySet, load, load_policies, load_texts
from tenfold.policy.schema import Schema

__all__ = [
    "Facts",
    "PolicyError",
    "PolicyErrors",
    "PolicySet",
    "Schema",
    "aggregate",
    "load",
    "load_policies",
    "load_texts",
]
