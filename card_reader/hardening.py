"""What a process does that sees PINs: it leaves no memory behind in a core dump."""

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4


def keep_pins_out_of_dumps() -> None:
    """No core file, and on Linux no reading of this process's memory by others of the user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
