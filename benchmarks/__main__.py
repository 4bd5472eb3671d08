"""The command: `python -m benchmarks list`, `python -m benchmarks run CASE`."""

import shlex
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psutil
import typer

from benchmarks.frame import discover, run_scale
from benchmarks.machine import machine_facts
from benchmarks.measure import Limits
from benchmarks.report import Report

HERE = Path(__file__).parent
SHARE_OF_MEMORY = 0.75

app = typer.Typer(
    help="Times the project against peers that do the same work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("list")
def list_cases() -> None:
    """Name the cases."""
    for name, case in discover().items():
        typer.echo(f"{name}: {case.description.strip().splitlines()[0]}")


@app.command()
def run(
    name: Annotated[str, typer.Argument(metavar="CASE", help="A case that `list` names.")],
    scale: Annotated[
        str, typer.Option(help="Sizes of the data, with commas: copies of the sample world, or what the case counts.")
    ] = "1",
    runs: Annotated[str, typer.Option(help="Runs of each contender; one number, or one for each scale.")] = "3",
    time_limit: Annotated[
        str, typer.Option(help="Seconds after which a run is stopped; one number, or one for each scale.")
    ] = "3600",
    memory_limit: Annotated[
        float | None,
        typer.Option(min=0.1, help="GB of memory at which a run is stopped.", show_default="3/4 of the machine's"),
    ] = None,
    results: Annotated[Path, typer.Option(help="Directory of the results.", file_okay=False)] = HERE / "results",
    data: Annotated[Path, typer.Option(help="Directory of the generated data.", file_okay=False)] = HERE / "data",
) -> None:
    """Run a case at some scales and write its table to `<results>/CASE.md`.

    Exit codes: 0 measured, also if a limit stopped someone; 1 somebody failed or the results differ; 2 wrong call.
    """
    known = discover()
    if name not in known:
        raise typer.BadParameter(f"there is no case {name!r}; there are {', '.join(known)}", param_hint="CASE")
    scales = _whole_numbers(scale, "--scale")
    runs_at, seconds_at = (
        _for_each_scale(text, option, len(scales)) for text, option in ((runs, "--runs"), (time_limit, "--time-limit"))
    )
    memory = memory_limit * 2**30 if memory_limit else psutil.virtual_memory().total * SHARE_OF_MEMORY

    report = Report(
        name=name,
        case=known[name],
        command=shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        began_on=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=machine_facts(),
    )
    page = results / f"{name}.md"
    for number, runs_here, seconds in zip(scales, runs_at, seconds_at, strict=True):
        report.results.append(
            run_scale(known[name], number, runs_here, Limits(seconds, int(memory)), data.resolve(), typer.echo)
        )
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(report.markdown(), encoding="utf-8")
    typer.echo(f"written: {page}")
    if not all(result.is_sound for result in report.results):
        raise typer.Exit(1)


def _for_each_scale(text: str, option: str, n_scales: int) -> list[int]:
    numbers = _whole_numbers(text, option)
    if len(numbers) not in (1, n_scales):
        raise typer.BadParameter(f"{len(numbers)} numbers for {n_scales} scales", param_hint=option)
    return numbers * (n_scales // len(numbers))


def _whole_numbers(text: str, option: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise typer.BadParameter(f"{text!r} is not whole numbers of at least 1 with commas between", param_hint=option)
    return [int(part) for part in parts]


if __name__ == "__main__":
    # As Ctrl-C does: end what is being measured, remove what it wrote.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    app(prog_name="python -m benchmarks")
