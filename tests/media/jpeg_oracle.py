"""The oracle of the tests of JPEG coefficients: all of them, bit by bit, as ITU-T T.81 has it.

For sound baseline files of one scan.
"""

from __future__ import annotations

ZIGZAG = sorted(
    ((row, column) for row in range(8) for column in range(8)),
    key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]),
)
Block = dict[tuple[int, int], int]


class Bits:
    """The bits of a scan, one after the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at, self.left, self.byte = data, at, 0, 0

    def one(self) -> int:
        if self.left == 0:
            self.byte, self.left = self.data[self.at], 8
            self.at += 2 if self.byte == 0xFF else 1
        self.left -= 1
        return self.byte >> self.left & 1

    def number(self, size: int) -> int:
        value = 0
        for _ in range(size):
            value = value << 1 | self.one()
        return value if size == 0 or value >> (size - 1) else value + 1 - (1 << size)

    def symbol(self, code: dict[tuple[int, int], int]) -> int:
        value = length = 0
        while (length, value) not in code:
            assert length < 16
            value, length = value << 1 | self.one(), length + 1
        return code[length, value]

    def restart(self) -> None:
        assert self.data[self.at] == 0xFF
        self.at, self.left = self.at + 2, 0


def canonical(counts: bytes, symbols: bytes) -> dict[tuple[int, int], int]:
    """Huffman code: length and bits to symbol."""
    code, value, rest = {}, 0, iter(symbols)
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            code[length, value] = next(rest)
            value += 1
        value <<= 1
    return code


def square(bits: Bits, constants: dict, others: dict) -> dict[int, int]:
    """The coefficients of a square by their place in zigzag order; the constant as a difference."""
    values, k = {0: bits.number(bits.symbol(constants))}, 1
    while k < 64:
        symbol = bits.symbol(others)
        if symbol == 0:
            break
        k += symbol >> 4
        if symbol & 15:
            values[k] = bits.number(symbol & 15)
        k += 1
    return values


def luma_coefficients(data: bytes) -> dict[tuple[int, int], Block]:
    """For each square of luma, by row and column, its dequantised coefficients by frequencies."""
    quantisers: dict[int, bytes] = {}
    codes: dict[int, dict] = {}
    interval, at, marker = 0, 2, 0
    while marker != 0xDA:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body, at = data[at + 4 : at + 2 + size], at + 2 + size
        if marker == 0xDB:
            quantisers |= {body[n]: body[n + 1 : n + 65] for n in range(0, len(body), 65)}
        elif marker == 0xC4:
            while body:
                end = 17 + sum(body[1:17])
                codes[body[0]], body = canonical(body[1:17], body[17:end]), body[end:]
        elif marker in (0xC0, 0xC1):
            height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
            frame = [(body[n] >> 4, body[n] & 15, body[n + 1]) for n in range(7, len(body), 3)]
        elif marker == 0xDD:
            interval = int.from_bytes(body, "big")
    tables = [(codes[body[n] >> 4], codes[16 + (body[n] & 15)]) for n in range(2, 2 * body[0] + 1, 2)]
    if len(frame) == 1:
        frame = [(1, 1, frame[0][2])]
    across, down, quantiser = frame[0]
    columns, rows = -(-width // (8 * across)), -(-height // (8 * down))
    bits, constants = Bits(data, at), [0] * len(frame)
    found: dict[tuple[int, int], Block] = {}
    for unit in range(rows * columns):
        if interval and unit and unit % interval == 0:
            bits.restart()
            constants = [0] * len(frame)
        for component, (h, v, _) in enumerate(frame):
            for n in range(h * v):
                values = square(bits, *tables[component])
                constants[component] = values[0] = values[0] + constants[component]
                if component == 0:
                    place = unit // columns * down + n // h, unit % columns * across + n % h
                    found[place] = {ZIGZAG[k]: v * quantisers[quantiser][k] for k, v in values.items()}
    return found
