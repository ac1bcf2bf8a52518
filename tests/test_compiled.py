"""Kernels, kept and not."""

from __future__ import annotations

from consilience.compiled import kernel


def quotient(a: float, b: float) -> float:
    return a / b


def test_a_kernel_computes_and_divides_by_zero() -> None:
    assert kernel()(quotient)(1.0, 4.0) == 0.25
    assert kernel()(quotient)(1.0, 0.0) == float("inf")


def test_a_kernel_that_cannot_be_kept_is_compiled_all_the_same() -> None:
    names: dict[str, object] = {}
    exec("def twice(x): return 2 * x", names)  # of no file: there is no place to keep it
    twice = names["twice"]
    assert callable(twice)
    assert kernel()(twice)(21) == 42
