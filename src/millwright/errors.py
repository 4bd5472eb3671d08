"""Errors that a person can act on, and the exit codes they end with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command `millwright`, for orchestrators.

    0 done; 1 dbt could not build the project or something in it; 2 the call itself was wrong (argument, target, date);
    3 another run holds the lock, or another program the DuckDB file; 4 the warehouse or its raw tables could not be
    reached, or were lost and did not come back; 5 a seed that steers the run is wrong, nothing was built; 6 the raw
    tables are too old, nothing was built. An interrupted run ends with 130.
    """

    OK = 0
    BUILD_FAILED = 1
    USAGE = 2
    LOCKED = 3
    UNAVAILABLE = 4
    CONFIGURATION = 5
    STALE = 6


class MillwrightError(Exception):
    """An error whose message says what is wrong, where, and what to do."""

    def __init__(self, message: str, exit_code: ExitCode = ExitCode.USAGE):
        super().__init__(message)
        self.exit_code = exit_code
