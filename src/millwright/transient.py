"""Which failures pass by themselves: the one place that decides what a run tries again.

Of a failure dbt hands on the message only, so PostgreSQL's are known by their texts; above them are the SQLSTATEs that
they stand for. DuckDB reports no codes at all. A failure of data or of code is none of these, and is not tried again.
"""

import re

_TEXTS = (
    # Connection lost: classes 08 and 57P01, 57P02; the rest is said by the driver.
    "server closed the connection unexpectedly",
    "terminating connection",
    "connection to server .* failed",
    "could not connect to server",
    "could not receive data from server",
    "could not send data to server",
    "SSL connection has been closed unexpectedly",
    "SSL SYSCALL error",
    "(the )?connection (is|already) closed",
    "cursor already closed",
    "no connection to the server",
    # Starting, stopping or recovering: 57P03.
    "the database system is (starting up|shutting down|in recovery mode|not yet accepting connections)",
    # Transactions in each other's way: 40001, 40P01, 55P03.
    "could not serialize access",
    "deadlock detected",
    "canceling statement due to lock timeout",
    "could not obtain lock on",
    # The server has no more to give for now: 53200, 53300.
    "out of memory",
    "sorry, too many clients already",
    "remaining connection slots are reserved",
    # DuckDB: transactions in each other's way. Its memory is this machine's, and no more in a quarter of an hour.
    "TransactionContext Error: .*[Cc]onflict",
)
# The text begins a line, behind what driver and dbt put before it: a statement that quotes one is no such failure.
_LINE = re.compile(
    r"^\s*([\w.]*(Error|Exception|errors\.\w+)(\s\w+)*:\s*)*((ERROR|FATAL|PANIC):\s*)*(" + "|".join(_TEXTS) + ")",
    re.MULTILINE,
)
_CODE = re.compile(r"\s*(Compilation|Parsing|Dependency|Contract) Error")


def is_transient(message: str) -> bool:
    """Whether the failure that says so is likely to pass."""
    return not _CODE.match(message) and _LINE.search(message) is not None


def may_pass(error: BaseException) -> bool:
    """Whether an exception, or what it was raised for, is such a failure."""
    return any(is_transient(str(failure)) for failure in (error, error.__cause__) if failure)
