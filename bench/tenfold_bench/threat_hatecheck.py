"""HateCheck's functional tests of English: threats found, and counter-speech and denial taken for threats.

All 3,728 cases are read, whether --quick or not. They were never trained on. While rules were made this bench
was run some fifty times, and counts of what its missed threats lacked (verb, governor, target; by
functionality and template number) were looked at, though no text, and single words
of the lexicon were tried with and without: these are figures of development, not of a
test. A case counts as a threat when its level is T0 to T3. Beside it stands what every functionality was
taken for.
"""

from collections import Counter, defaultdict

from tenfold_bench._threats import level, read, rows, threatens
from tenfold_bench.result import Figure, Result

THREATS = ("threat_dir_h", "threat_norm_h")
QUOTING = ("counter_quote_nh", "counter_ref_nh")
NEGATED = ("negate_neg_nh",)


def run(quick: bool) -> Result:
    del quick  # three seconds of work
    cases = rows("hatecheck/test_suite_cases.csv")
    found = read([case["test_case"] for case in cases])
    taken: dict[str, Counter[str]] = defaultdict(Counter)
    threats: Counter[str] = Counter()
    for case, one in zip(cases, found, strict=True):
        gates = "+".join(sorted(one.worst.gates)) if one.worst else ""
        taken[case["functionality"]][f"{level(one) or 'nothing'}{f' ({gates})' if gates else ''}"] += 1
        threats[case["functionality"]] += threatens(one)
    totals = {name: counts.total() for name, counts in taken.items()}

    def share(names: tuple[str, ...]) -> float:
        return sum(threats[name] for name in names) / sum(totals[name] for name in names)

    figures = [
        Figure(
            label="threats, direct and normative, recognised",
            ours=share(THREATS),
            unit="share",
            goal=">= 0.85",
        ),
        *(Figure(label=f"  {name}", ours=share((name,)), unit="share") for name in THREATS),
        Figure(
            label="counter-speech taken for own threats", ours=share(QUOTING), unit="share", goal="<= 0.10"
        ),
        Figure(label="denial taken for own threats", ours=share(NEGATED), unit="share", goal="<= 0.10"),
    ]
    notes = [
        f"{name:22} {totals[name]:4}  threats {threats[name] / totals[name]:.2f}  "
        + ", ".join(f"{what} {count}" for what, count in counts.most_common())
        for name, counts in sorted(taken.items())
    ]
    return Result(name="threat-hatecheck", n=len(cases), figures=figures, notes=notes)
