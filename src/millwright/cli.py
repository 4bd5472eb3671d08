"""The command `millwright`."""

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from millwright.errors import ExitCode, MillwrightError
from millwright.notify import Severity

# New objects after which Python looks for garbage: with its own 700 that costs a twentieth of a night.
COLLECTED_AFTER = 100_000

# What needs dbt or DuckDB is imported inside the commands: `millwright --help` should not wait for it.

app = typer.Typer(
    name="millwright",
    help="Runs the ML data layer of a warehouse: load sample data, build every night, publish, read what happened.",
    epilog=f"Exit codes: {' '.join(ExitCode.__doc__.partition('.')[2].split())}",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

ProjectDir = Annotated[
    Path,
    typer.Option(
        "--project-dir",
        envvar="DBT_PROJECT_DIR",
        help="Directory of dbt_project.yml.",
        show_default="current directory",
        file_okay=False,
        resolve_path=True,
    ),
]
TargetName = Annotated[
    str | None,
    typer.Option(
        "--target",
        "-t",
        help="Output of profiles.yml to work on, e.g. duckdb or postgres.",
        show_default="the profile's target",
    ),
]

AsOf = Annotated[
    str | None,
    typer.Option(
        metavar="DATE|TIMESTAMP",
        help='The "now" of the run: 1998-07-01, 1998-07-01T06:00:00 (UTC) or 1998-07-01T06:00:00+02:00.',
        show_default="today's midnight, UTC",
    ),
]


@app.command()
def sample(
    project_dir: ProjectDir = Path(),
    target: TargetName = None,
    scale: Annotated[int, typer.Option(min=1, help="So many times the customers and purchases of the real data.")] = 1,
    tenth: Annotated[
        bool, typer.Option("--tenth", help="Only one customer in ten: the 2,357 whom papers take as their sample.")
    ] = False,
    parquet: Annotated[
        Path | None,
        typer.Option(help="Write Parquet files into this directory instead of loading the warehouse.", file_okay=False),
    ] = None,
) -> None:
    """Load the sample world: raw tables of five source systems, replacing what is in them.

    The purchases are real (the music shop CDNOW, 1997 and 1998); people and tickets are generated, the same each time.
    """
    from millwright.sample import load_sample, write_parquet

    if parquet is not None:
        write_parquet(parquet, scale, tenth=tenth)
        _console().print(f"The sample world is in {escape(str(parquet))}.")
        return

    from millwright.lock import run_lock
    from millwright.report import print_rows
    from millwright.warehouse import load_target, open_warehouse

    resolved = load_target(project_dir, target)
    with run_lock(resolved), open_warehouse(resolved) as warehouse:
        rows = load_sample(warehouse, scale, tenth)
    print_rows(_console(), f"Loaded into {resolved.address}", rows)


@app.command()
def nightly(
    project_dir: ProjectDir = Path(),
    target: TargetName = None,
    as_of: AsOf = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", "-s", help="Build only these nodes (dbt's syntax; repeatable).", show_default="selector nightly"
        ),
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build every table anew. Landing tables keep their rows.")
    ] = False,
    publish: Annotated[
        bool,
        typer.Option("--publish/--no-publish", help="Publish the public tables afterwards (DuckDB only)."),
    ] = True,
    pipeline: Annotated[
        str, typer.Option("--pipeline", "-p", help="Row of seeds/config/pipelines.csv that says what is built.")
    ] = "nightly",
    retries: Annotated[
        int | None,
        typer.Option(
            min=0, help="So often a failure that is likely to pass is tried again.", show_default="the pipeline's"
        ),
    ] = None,
    retry_delay: Annotated[
        float | None,
        typer.Option(min=0, metavar="MINUTES", help="How long before each retry.", show_default="the pipeline's"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would run, and what is wrong; nothing is written.")
    ] = False,
) -> None:
    """Check, lock, build, publish, report: what a scheduler calls every night.

    Only one run at a time works on a warehouse. Nothing is built when the configuration is wrong or the raw tables are
    too old, and nothing published when anything failed. A lost connection is waited for.
    """
    from millwright.dry_run import dry_run as say_what_would_run
    from millwright.nightly import normalise_as_of, run_nightly
    from millwright.project import Project
    from millwright.run import Wishes
    from millwright.warehouse import load_target

    wishes = Wishes(normalise_as_of(as_of), pipeline, select or (), full_refresh, publish, retries, retry_delay)
    project = Project(project_dir, load_target(project_dir, target))
    (say_what_would_run if dry_run else run_nightly)(project, _console(), wishes)


@app.command()
def schedule(project_dir: ProjectDir = Path(), target: TargetName = None) -> None:
    """List the pipelines: when each ran last, how that ended, when it is due next, and whether it is overdue."""
    from millwright.project import Project
    from millwright.report import print_plan
    from millwright.schedule import read_plan
    from millwright.warehouse import load_target

    print_plan(_console(), read_plan(Project(project_dir, load_target(project_dir, target))))


@app.command()
def report(project_dir: ProjectDir = Path(), target: TargetName = None) -> None:
    """Print what is built, how the models do, what the quality rules found and where to look next."""
    from millwright.project import Project
    from millwright.report import print_report
    from millwright.warehouse import load_target

    resolved = load_target(project_dir, target)
    print_report(_console(), resolved, Project(project_dir, resolved).parse())


@app.command()
def validate(
    project_dir: ProjectDir = Path(),
    target: TargetName = None,
    docs: Annotated[
        Path | None,
        typer.Option(help="Directory of the Data Docs.", show_default="target/data_docs", file_okay=False),
    ] = None,
) -> None:
    """Have Great Expectations evaluate the quality rules that the newest run evaluated, and write its Data Docs.

    Ends with 1 where its counts and the run's differ. Needs the extra `quality`; the columns that rules check must fit
    into memory on DuckDB.
    """
    from millwright.expectations import validate as validate_rules
    from millwright.project import Project
    from millwright.report import print_validations
    from millwright.warehouse import load_target, open_warehouse

    resolved = load_target(project_dir, target)
    manifest = Project(project_dir, resolved).parse()
    docs = (docs or project_dir / "target" / "data_docs").resolve()
    with open_warehouse(resolved, read_only=True) as warehouse:
        validations = validate_rules(warehouse, manifest, docs)
    print_validations(_console(), validations, docs)
    if not all(validation.agrees for validation in validations):
        raise typer.Exit(ExitCode.BUILD_FAILED)


@app.command()
def publish(
    project_dir: ProjectDir = Path(),
    target: TargetName = None,
    to: Annotated[
        Path | None,
        typer.Option(
            envvar="MILLWRIGHT_PUBLISHED_PATH",
            help="File to replace.",
            show_default="millwright_published.duckdb beside the warehouse",
            dir_okay=False,
            resolve_path=True,
        ),
    ] = None,
) -> None:
    """Copy the public tables of a DuckDB warehouse into one file for BI tools, and put it in place at once.

    Tools with DuckDB 1.2 or newer can read it. Whoever has the old file open goes on reading that.
    """
    from millwright.lock import run_lock
    from millwright.project import Project
    from millwright.publish import publish as publish_tables
    from millwright.report import print_publication
    from millwright.warehouse import load_target

    resolved = load_target(project_dir, target)
    with run_lock(resolved):
        publication = publish_tables(resolved, Project(project_dir, resolved).parse(), to)
    if not publication.rows:
        raise MillwrightError(
            f"no public table is built in {resolved.address} yet; run `millwright nightly`", ExitCode.UNAVAILABLE
        )
    print_publication(_console(), publication)


@app.command()
def explain(
    model: Annotated[str, typer.Argument(help="Name of a dbt model that is built as a table.")],
    project_dir: ProjectDir = Path(),
    target: TargetName = None,
    as_of: AsOf = None,
) -> None:
    """Run a dbt model's query without building the model, and print its measured plan beside the model's last timings.

    The plan is kept in ops.query_plans.
    """
    from millwright.explain import explain as explain_model
    from millwright.explain import print_explanation
    from millwright.nightly import normalise_as_of
    from millwright.project import Project
    from millwright.warehouse import load_target

    moment = normalise_as_of(as_of)
    project = Project(project_dir, load_target(project_dir, target))
    print_explanation(_console(), explain_model(project, project.parse(), model, moment))


@app.command()
def archive(
    project_dir: ProjectDir = Path(),
    target: TargetName = None,
    as_of: AsOf = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be archived.")] = False,
    to: Annotated[
        Path | None,
        typer.Option(
            envvar="MILLWRIGHT_ARCHIVE_PATH",
            help="Directory of the archive.",
            show_default="archive/<target> in the project",
            file_okay=False,
            resolve_path=True,
        ),
    ] = None,
) -> None:
    """Move old rows of landing tables into Parquet files, by the policies in seeds/config/retention_policies.csv.

    Rows are removed once they are proven to be in a file. A call that was ended is completed by the next.
    """
    from contextlib import nullcontext

    from millwright.archive import Archive, Archived, active_policies, print_archived
    from millwright.lock import run_lock
    from millwright.nightly import normalise_as_of
    from millwright.project import Project
    from millwright.warehouse import load_target

    moment = normalise_as_of(as_of)
    resolved = load_target(project_dir, target)
    with nullcontext() if dry_run else run_lock(resolved):
        manifest = Project(project_dir, resolved).parse()
        policies = active_policies(manifest, project_dir)
        files = Archive(resolved, manifest, moment, to or project_dir / "archive" / resolved.name)
        archived = [
            Archived(policy.source.name, batch.month, n_rows, batch.file, "would be archived")
            if dry_run
            else files.archive(batch)
            for policy in policies
            for batch, n_rows in files.due(policy)
        ]
    print_archived(_console(), moment, archived)


@app.command()
def notify(
    to: Annotated[
        list[str],
        typer.Option(
            envvar="MILLWRIGHT_NOTIFY_URLS",
            help="Address in Apprise's form (repeatable): jsons://host/path, mailtos://user:password@host, slack://…",
            show_envvar=True,
        ),
    ],
    project_dir: ProjectDir = Path(),
    target: TargetName = None,
    min_severity: Annotated[Severity, typer.Option(help="The least severity to tell of.")] = Severity.HIGH,
) -> None:
    """Send the alerts that are open and that nobody was told of yet, in one message; each alert is sent once.

    Call it after the nightly run, whether that failed or not. It needs the extra `notify`.
    """
    from millwright.lock import run_lock
    from millwright.notify import notify as notify_of_alerts
    from millwright.project import Project
    from millwright.warehouse import load_target

    resolved = load_target(project_dir, target)
    with run_lock(resolved):
        alerts = notify_of_alerts(resolved, Project(project_dir, resolved).parse(), to, min_severity)
    console = _console()
    console.print(f"{len(alerts)} alerts sent.")
    for alert in alerts:
        console.print(f"{alert['severity']}: {escape(alert['message'] or '')}", soft_wrap=True, highlight=False)


def main() -> None:
    """Entry point: a MillwrightError ends with its message and exit code, anything unexpected with its traceback."""
    gc.set_threshold(COLLECTED_AFTER)
    try:
        app()
    except MillwrightError as error:
        Console(stderr=True).print(f"[red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(error.exit_code)


class _Console(Console):
    """Falls silent when nobody reads on, as in `| head`: Rich would end the thread of dbt that prints, and dbt wait."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def _console() -> Console:
    # Logs have no width; the tables need about this one.
    return _Console(width=None if sys.stdout.isatty() else 140)


if __name__ == "__main__":
    main()
