"""JSON of any size, value by value: the structure is walked, each value is decoded whole, memory is bounded.

A list of many gigabytes is one JSON object around one array. The cursor steps into the containers that
its caller names, and decodes everything else with the standard library's C scanner, from a buffer
that grows to one value's length and no further than a limit. Syntax: RFC 8259.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator

VALUE_LIMIT = 1 << 24
"""Characters of one value."""

_SPACE = " \t\n\r"
_LONGEST_TOKEN = 16
"""More characters than a literal or an escape has."""


class Malformed(Exception):  # noqa: N818 - becomes a FormatError where the file's name is known
    """What is wrong with the text, in one printable line."""


def _no_constant(name: str) -> object:
    raise Malformed(f"{name} is not JSON")


# Not strict: line feeds and tabs inside strings are wrong, and common.
_scan = json.JSONDecoder(parse_constant=_no_constant, strict=False).raw_decode


class JsonCursor:
    """A position in a JSON text.

    Args:
        chunk: gives the next bytes of UTF-8 text, empty at the end. Bytes that are not UTF-8 become lone
            surrogates in the values they stand in, so that one bad byte costs one value.
        limit: characters of one value.
    """

    def __init__(self, chunk: Callable[[], bytes], limit: int = VALUE_LIMIT) -> None:
        self._chunk = chunk
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._text = ""
        self._at = 0
        self._before = 0
        self._ended = False

    @property
    def position(self) -> int:
        """Characters before the cursor."""
        return self._before + self._at

    def peek(self) -> str:
        """The next character that is not white space; empty at the end of the text."""
        while True:
            text, at = self._text, self._at
            while at < len(text) and text[at] in _SPACE:
                at += 1
            self._at = at
            if at < len(text):
                return text[at]
            if not self._more():
                return ""

    def take(self, expected: str) -> None:
        """Step over one character.

        Raises:
            Malformed: another one stands there.
        """
        found = self.peek()
        if found != expected:
            raise Malformed(self._unexpected(found, f"where {expected!r} is expected"))
        self._at += 1

    def value(self) -> object:
        """The value at the cursor, whole; the cursor is then behind it.

        Raises:
            Malformed: it is not JSON, cut short, longer than the limit, or nested too deeply.
        """
        self.peek()
        while True:
            try:
                value, end = _scan(self._text, self._at)
            except RecursionError:
                raise Malformed(f"values nested too deeply near character {self.position + 1}") from None
            except json.JSONDecodeError as error:
                if self._ended or not self._cut_off(error):
                    near = self._before + error.pos + 1
                    raise Malformed(f"{error.msg.lower()} at character {near}") from None
            except ValueError:  # a number of thousands of digits
                raise Malformed(f"not a number near character {self.position + 1}") from None
            else:
                # A number may go on in the next chunk ("0", "0e+", "0e+1"); other values end by themselves.
                if end - self._at <= self._limit and (
                    self._text[end - 1] in '"}]' or end + 3 <= len(self._text) or self._ended
                ):
                    self._at = end
                    return value
            if len(self._text) - self._at > self._limit:
                raise Malformed(
                    f"a value longer than {self._limit} characters at character {self.position + 1}"
                )
            # Doubling keeps the repeated scans of a long value linear in its length.
            wanted = 2 * (len(self._text) - self._at)
            while self._more() and len(self._text) < wanted:
                pass

    def _cut_off(self, error: json.JSONDecodeError) -> bool:
        """Whether a value seems wrong only because the buffer ends in it."""
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _LONGEST_TOKEN

    def members(self) -> Iterator[str]:
        """The names of the members of the object at the cursor.

        The caller takes each value before it asks for the next name.

        Raises:
            Malformed: there is no object, or it is cut short.
        """
        self.take("{")
        if self.peek() == "}":
            self._at += 1
            return
        while True:
            if self.peek() != '"':
                raise Malformed(self._unexpected(self.peek(), "where a member's name is expected"))
            name = self.value()
            assert isinstance(name, str)
            self.take(":")
            yield name
            if not self._goes_on("}"):
                return

    def items(self) -> Iterator[None]:
        """Steps through the array at the cursor. The caller takes each item before the next step.

        Raises:
            Malformed: there is no array, or it is cut short.
        """
        self.take("[")
        if self.peek() == "]":
            self._at += 1
            return
        while True:
            yield None
            if not self._goes_on("]"):
                return

    def end(self) -> None:
        """Make sure that nothing follows.

        Raises:
            Malformed: something does.
        """
        if found := self.peek():
            raise Malformed(self._unexpected(found, "after the end of the list"))

    def _goes_on(self, closing: str) -> bool:
        found = self.peek()
        if found not in (",", closing):
            raise Malformed(self._unexpected(found, f"where ',' or {closing!r} is expected"))
        self._at += 1
        return found == ","

    def _unexpected(self, found: str, where: str) -> str:
        if not found:
            return f"the text ends at character {self.position}, {where}"
        return f"unexpected {found!a} at character {self.position + 1}, {where}"

    def _more(self) -> bool:
        """Read on, dropping what lies behind the cursor; False at the end of the text."""
        if self._ended:
            return False
        raw = self._chunk()
        self._ended = not raw
        self._before += self._at
        self._text = self._text[self._at :] + self._decoder.decode(raw, final=not raw)
        self._at = 0
        return not self._ended
