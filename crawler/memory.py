"""How a crawl's process takes memory from the system, and gives it back. Nothing happens without glibc.

What a publication needs is a multiple of what a page does. Left to itself, glibc keeps that, in an arena of each of the
threads that take turns at it, and a crawl grows by a third over 20,000 pages although all it holds stays the same.
"""

from __future__ import annotations

import ctypes
import gc

_libc = ctypes.CDLL(None)
# <malloc.h>; mallopt(3).
_M_ARENA_MAX = -8


def share_memory_between_threads() -> None:
    """Have threads that begin from now on take memory from where all take it."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, 1)


def give_back_free_memory() -> None:
    """Give the system back what is not used, cycles included, as far as whole pages of it are free."""
    gc.collect()
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
