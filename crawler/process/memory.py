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
_M_MMAP_THRESHOLD = -3
_LARGE = 1024 * 1024


def share_memory_between_threads() -> None:
    """Have threads that begin from now on take memory from where all take it."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_ARENA_MAX, 1)


def keep_large_memory_apart() -> None:
    """Have each large piece of memory go back to the system when it is freed, and grow without being copied.

    Left to itself, glibc puts pieces of up to 32 MiB among the small ones once it has seen one of that size, and the
    holes they leave stay ours.
    """
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)


def give_back_free_memory() -> None:
    """Give the system back what is not used, cycles included, as far as whole pages of it are free."""
    gc.collect()
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
