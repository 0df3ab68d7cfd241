"""`tenfold-bench NAME [--quick] [--json]`."""

import argparse
import importlib
import pkgutil
import sys

import msgspec
from rich.console import Console
from rich.table import Table

import tenfold_bench
from tenfold_bench.result import Result

NOT_BENCHES = {"result"}


def names() -> list[str]:
    """Benches that exist, by the names they are called with."""
    modules = (module.name for module in pkgutil.iter_modules(tenfold_bench.__path__))
    return sorted(
        name.replace("_", "-") for name in modules if not name.startswith("_") and name not in NOT_BENCHES
    )


def show(result: Result) -> None:
    table = Table(title=f"{result.name} (n = {result.n:,})")
    for column, justify in (
        ("figure", "left"),
        ("ours", "right"),
        ("peer", "right"),
        ("ratio", "right"),
        ("unit", "left"),
        ("goal", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for figure in result.figures:
        peer = "" if figure.peer is None else f"{figure.peer:,.4g} {figure.peer_name}".strip()
        ratio = "" if figure.ratio is None else f"{figure.ratio:,.3g}x"
        table.add_row(figure.label, f"{figure.ours:,.4g}", peer, ratio, figure.unit, figure.goal)
    console = Console()
    console.print(table)
    for note in result.notes:
        console.print(note, markup=False, highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tenfold-bench", description="Run one bench of Tenfold, or all.")
    parser.add_argument("name", choices=[*names(), "all"])
    parser.add_argument("--quick", action="store_true", help="smaller size, at most 45 s on two cores")
    parser.add_argument("--json", action="store_true", help="one JSON object a bench, for programs")
    arguments = parser.parse_args()
    for name in names() if arguments.name == "all" else [arguments.name]:
        module = importlib.import_module(f"tenfold_bench.{name.replace('-', '_')}")
        result: Result = module.run(quick=arguments.quick)
        if arguments.json:
            sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        else:
            show(result)


if __name__ == "__main__":
    main()
