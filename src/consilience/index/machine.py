"""Machine instructions that numba does not offer by itself, reached through LLVM: no compiler is needed.

LLVM lowers each to what the processor has: 32 lanes compare in two AVX-512 instructions, in more with AVX2,
SSE2 or NEON. The results are the same.

To mypy all integers are `int`; to numba they have the widths that the signatures name.

Trap: numba's cache of a compiled kernel notices a change of the kernel's own file, not of this one.
"""

# ruff: noqa: ARG001 - an intrinsic takes its operands' types by name and its values by position.
from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 32
"""How many 16-bit words `near_lanes` compares at once."""

BLOCK = 8
"""How many codes `near_codes` compares at once."""

_BIT, _BYTE, _WORD = ir.IntType(1), ir.IntType(8), ir.IntType(16)
_INT, _LONG = ir.IntType(32), ir.IntType(64)
_LANE_VECTOR = ir.VectorType(_WORD, LANES)
_CODE_VECTOR = ir.VectorType(_LONG, 4)
_BLOCK_VECTOR = ir.VectorType(_LONG, 4 * BLOCK)

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function as machine code: kept on disk after the first use, and run without the GIL."""
    return cast(Callable[P, R], njit(cache=True, nogil=True, boundscheck=False)(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """A small function that becomes part of the compiled ones that call it."""
    return cast(Callable[P, R], njit(inline="always")(function))


def _splat(builder: Any, value: Any, lanes: int) -> Any:
    undefined = ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined)
    return _pick(builder, builder.insert_element(undefined, value, ir.Constant(_INT, 0)), [0] * lanes)


def _pick(builder: Any, vector: Any, lanes: list[int]) -> Any:
    undefined = ir.Constant(vector.type, ir.Undefined)
    return builder.shuffle_vector(vector, undefined, ir.Constant(ir.VectorType(_INT, len(lanes)), lanes))


def _sum_of_pairs(builder: Any, vector: Any) -> Any:
    even, odd = list(range(0, vector.type.count, 2)), list(range(1, vector.type.count, 2))
    return builder.add(_pick(builder, vector, even), _pick(builder, vector, odd))


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    signature = ir.FunctionType(result, [argument.type for argument in arguments])
    declared = cgutils.get_or_insert_function(builder.module, signature, name)  # type: ignore[no-untyped-call]
    return builder.call(declared, arguments)


@intrinsic
def _near_lanes(_: Any, address: Any, word: Any, limit: Any) -> Any:
    """Which of the 32 uint16 at `address`, a multiple of 64, differ from `word` in at most `limit` bits.

    Bit i of the result is that of lane i.
    """

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        address, word, limit = arguments
        pointer = builder.inttoptr(address, _LANE_VECTOR.as_pointer())
        lanes = builder.load(pointer, align=2 * LANES)
        differing = builder.xor(lanes, _splat(builder, word, LANES))
        count = _call(builder, f"llvm.ctpop.v{LANES}i16", _LANE_VECTOR, differing)
        return builder.bitcast(builder.icmp_unsigned("<=", count, _splat(builder, limit, LANES)), _INT)

    return types.uint32(types.uint64, types.uint16, types.uint16), generate


@intrinsic
def _bits_apart(_: Any, one: Any, other: Any) -> Any:
    """Number of bits in which the 32 bytes at two addresses differ."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        pointers = [builder.inttoptr(address, _CODE_VECTOR.as_pointer()) for address in arguments]
        differing = builder.xor(*[builder.load(pointer, align=8) for pointer in pointers])
        count = _call(builder, "llvm.ctpop.v4i64", _CODE_VECTOR, differing)
        return _call(builder, "llvm.vector.reduce.add.v4i64", _LONG, count)

    return types.int64(types.uint64, types.uint64), generate


@intrinsic
def _near_codes(_: Any, address: Any, query: Any, limit: Any) -> Any:
    """Which of the 8 codes at `address` lie within `limit` bits of the code at `query`: bit i for code i."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        address, query, limit = arguments
        codes = builder.load(builder.inttoptr(address, _BLOCK_VECTOR.as_pointer()), align=8)
        one = builder.load(builder.inttoptr(query, _CODE_VECTOR.as_pointer()), align=8)
        differing = builder.xor(codes, _pick(builder, one, [0, 1, 2, 3] * BLOCK))
        count = _call(builder, f"llvm.ctpop.v{4 * BLOCK}i64", _BLOCK_VECTOR, differing)
        distance = _sum_of_pairs(builder, _sum_of_pairs(builder, count))
        near = builder.icmp_unsigned("<=", distance, _splat(builder, limit, BLOCK))
        return builder.zext(builder.bitcast(near, _BYTE), _LONG)

    return types.uint64(types.uint64, types.uint64, types.uint64), generate


@intrinsic
def _prefetch(_: Any, address: Any) -> Any:
    """Asks for the cache line at an address, to be read soon. Any address is harmless."""

    def generate(context: Any, builder: Any, __: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], _BYTE.as_pointer())
        reading, all_levels, data = (ir.Constant(_INT, value) for value in (0, 3, 1))
        _call(builder, "llvm.prefetch.p0", ir.VoidType(), pointer, reading, all_levels, data)
        return context.get_dummy_value()

    return types.void(types.uint64), generate


@intrinsic
def _ones(_: Any, value: Any) -> Any:
    """Number of bits set in a uint64."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def _lowest(_: Any, value: Any) -> Any:
    """Position of the lowest bit set in a uint64; 64 where none is."""

    def generate(_: Any, builder: Any, __: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(_BIT, 0))

    return types.int64(types.uint64), generate


Unary = Callable[[int], int]

u64 = cast(Unary, np.uint64)
"""An integer as 64 unsigned bits."""

i64 = cast(Unary, np.int64)
"""An integer as 64 signed bits."""

near_lanes = cast(Callable[[int, int, int], int], _near_lanes)
bits_apart = cast(Callable[[int, int], int], _bits_apart)
near_codes = cast(Callable[[int, int, int], int], _near_codes)
prefetch = cast(Callable[[int], None], _prefetch)
ones = cast(Unary, _ones)
lowest = cast(Unary, _lowest)
