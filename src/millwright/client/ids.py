"""Ids that rows get which come without one."""

import os
import time
from itertools import count


def new_id() -> str:
    """A UUID of version 7: first the time in milliseconds, then what each process draws for itself and counts on from.

    Ids that are made one after the other lie side by side in an index, which random ones do not. A clock that goes
    backwards costs that order and nothing else.
    """
    global _begun
    now = time.time_ns() // 1_000_000
    begun_at, beginning = _begun
    if now != begun_at:
        made = f"{now:012x}"
        beginning = f"{made[:8]}-{made[8:]}-{_drawn}-"
        _begun = now, beginning
    return f"{beginning}{next(_numbers) & 0xFFFFFFFFFFFF:012x}"


def beginning_of_ids() -> tuple[str, int]:
    """What the ids of many rows begin with, and the number that is the end of the first, in twelve hexadecimal digits.

    The others count on from it. It is drawn for them, so that no others have it.
    """
    drawn, first = _drawn_now()
    made = f"{time.time_ns() // 1_000_000:012x}"
    # Half of the numbers are left to count on.
    return f"{made[:8]}-{made[8:]}-{drawn}-", first >> 1


def _drawn_now() -> tuple[str, int]:
    drawn = os.urandom(10).hex()
    return f"7{drawn[:3]}-{'89ab'[int(drawn[3], 16) & 3]}{drawn[4:7]}", int(drawn[7:19], 16)


def _draw() -> None:
    global _begun, _drawn, _numbers
    _drawn, first = _drawn_now()
    # What the ids of one millisecond begin with.
    _begun = -1, ""
    _numbers = count(first)


_draw()
os.register_at_fork(after_in_child=_draw)
