"""Kernels that numba compiles, and keeps compiled where it finds a folder to write to."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def kernel(
    fastmath: frozenset[str] = frozenset(),
) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """Compile a function at its first call; it then runs on one core without the interpreter's lock.

    What is compiled is kept beside the module, or, where an installed package cannot be written to, in the
    user's cache folder (``NUMBA_CACHE_DIR`` names another), and loaded from there by later processes. Where
    neither can be written, each process compiles for itself. A division by zero gives infinity.

    Trap: what is kept notices a change of the kernel's own file only. So kernels that call each other, and
    constants that they use, stand in one file.

    Args:
        fastmath: LLVM's flags for freedoms with floating point; none by default.
    """

    def decorate(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        try:
            compiled = numba.njit(nogil=True, error_model="numpy", fastmath=set(fastmath), cache=True)(
                function
            )
        except RuntimeError:  # nowhere to keep it
            compiled = numba.njit(nogil=True, error_model="numpy", fastmath=set(fastmath))(function)
        return cast("Callable[_Parameters, _Result]", compiled)

    return decorate
