"""How much a pipe takes without making its writer wait."""

from __future__ import annotations

import contextlib
import os
import stat

try:
    import fcntl
    import termios

    _SET, _GET, _QUEUED = fcntl.F_SETPIPE_SZ, fcntl.F_GETPIPE_SZ, termios.FIONREAD
except (ImportError, AttributeError):  # not on Linux: nothing is known of pipes
    _SET = _GET = _QUEUED = 0

__all__ = ["Pipe"]

_WANTED = 1 << 20  # what Linux lets anybody have
_PAGE = 4096
_EMPTY = bytes(4)


class Pipe:
    """The pipe behind a file descriptor, made as large as it may be; anything else takes nothing at once."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._size = 0
        with contextlib.suppress(OSError):
            if _SET and stat.S_ISFIFO(os.fstat(fd).st_mode):
                with contextlib.suppress(OSError):
                    fcntl.fcntl(fd, _SET, _WANTED)
                self._size = fcntl.fcntl(fd, _GET)

    def takes(self, size: int) -> bool:
        """Whether so many bytes can be written now without waiting.

        Only an empty pipe is known to take its whole size: one that holds something may hold it in pages that are not
        full. One page is left for a writer before us, whose last page may be so.
        """
        if not 0 < size <= self._size - _PAGE:
            return False
        try:
            queued = fcntl.ioctl(self._fd, _QUEUED, _EMPTY)
        except OSError:
            return False
        return bytes(queued) == _EMPTY
