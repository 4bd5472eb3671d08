"""The command line, called in the process of the test."""

import os
import sys
from dataclasses import dataclass

import pytest

from millwright import cli


@dataclass
class Outcome:
    """How a call of the command line ended, and what it printed."""

    code: int
    out: str
    error: str


def call(patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, *arguments: str) -> Outcome:
    """Calls `millwright` as its entry point does."""
    patch.setattr(sys, "argv", ["millwright", *arguments])
    with pytest.raises(SystemExit) as ending:
        cli.main()
    captured = capsys.readouterr()
    return Outcome(ending.value.code or 0, captured.out, captured.err)


def clear_environment(patch: pytest.MonkeyPatch) -> None:
    """Takes away what would steer Millwright or dbt."""
    for name in [name for name in os.environ if name.startswith(("MILLWRIGHT_", "DBT_"))]:
        patch.delenv(name)
