"""The inner loops of the Hamming search, compiled on first use. `segment.py` says what they do, and why."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from consilience.index.machine import (
    BLOCK,
    LANES,
    bits_apart,
    compiled,
    i64,
    inlined,
    lowest,
    near_codes,
    near_lanes,
    ones,
    prefetch,
    u64,
)

WORDS = 16
"""16-bit words of a code."""

LEVELS = 4
"""Buckets are probed that differ from the query's in 0 to LEVELS - 1 bits."""

_LINE = 64
_LINES_AHEAD = 8  # of one bucket; from there on the processor reads ahead by itself
_BUCKET_COST = 32  # of looking into a bucket, in entries looked at
_COMPARING = 400.0  # a whole code, likewise
_SCANNING = 4  # one code after the other, likewise
_AHEAD = 16  # codes on their way from memory

Shorts = NDArray[np.uint16]
Ints = NDArray[np.uint32]
Longs = NDArray[np.int64]
Words = NDArray[np.uint64]


class Buckets(NamedTuple):
    """n codes and the buckets of their indexed words.

    Attributes:
        codes: (n, 4).
        indexed: (k,), which of the 16 words are.
        starts: (k, b + 1), entry at which each of the b buckets begins.
        checks: (k, >= n), of each entry the word that follows the indexed one; each row begins at a multiple
            of 64 bytes and has a multiple of LANES, so that a line of the processor's cache is read at once.
        lows: (k, n), low 16 bits of each entry's row.
        highs: (k, ...), the other bits of the rows, in unary. Rows rise within a bucket, so that the bits
            numbered ``entry + bucket * spread + (row >> 16)`` say them all (Elias 1974, Fano 1971).
        passing: (k, 2 * LEVELS), share of entries whose check is expected to differ in at most so many bits.
        shift: low bits of a word that its bucket leaves out.
        spread: how many values ``row >> 16`` has.
    """

    codes: Words
    indexed: Longs
    starts: Ints
    checks: Shorts
    lows: Shorts
    highs: Words
    passing: NDArray[np.float64]
    shift: int
    spread: int


class Ball(NamedTuple):
    """The neighbours of a bucket.

    Attributes:
        flips: masks that turn a bucket into its neighbours, those with the fewest bits first.
        reach: (LEVELS + 1,), where in `flips` the masks of each number of bits begin.
    """

    flips: Shorts
    reach: Longs


class Question(NamedTuple):
    """Queries, and what is found out about each on the way.

    Attributes:
        queries: (q, 4).
        radius: greatest distance that counts.
        radii: (q, 16), greatest difference to be probed in each word, -1 where none.
        survivors: (q,), entries that passed their check.
        dear: (q,), a linear scan costs less: hits of this query, if any, do not count.
    """

    queries: Words
    radius: int
    radii: Longs
    survivors: Longs
    dear: NDArray[np.bool_]


class Found(NamedTuple):
    """Room for hits: `size[0]` of them are there, in no order."""

    query: Longs
    row: Longs
    distance: Shorts
    size: Longs


class Pending(NamedTuple):
    """Entries that passed their check and wait for the comparison of whole codes; `size[0]` of them.

    Attributes:
        query, word, bucket, entry: where each was found; `word` counts the indexed ones.
        row: scratch.
    """

    query: Longs
    word: Longs
    bucket: Longs
    entry: Longs
    row: Longs
    size: Longs


@compiled
def fill_word(codes: Words, k: int, buckets: Buckets) -> None:
    """Sorts the codes into the buckets of the k-th indexed word: by counting, and stable, so that rows rise.

    Args:
        codes: (n, 4).
        k: which of the indexed words.
        buckets: whose arrays for this word are zero, and are filled.
    """
    words = codes.view(np.uint16)
    word = buckets.indexed[k]
    following = (word + 1) % WORDS
    starts, checks, lows, highs = buckets.starts[k], buckets.checks[k], buckets.lows[k], buckets.highs[k]
    for row in range(len(words)):
        starts[i64(words[row, word] >> buckets.shift) + 1] += np.uint32(1)
    for bucket in range(1, len(starts)):
        starts[bucket] += starts[bucket - 1]
    place = starts.astype(np.int64)
    for row in range(len(words)):
        bucket = i64(words[row, word] >> buckets.shift)
        entry = place[bucket]
        place[bucket] = entry + 1
        checks[entry] = words[row, following]
        lows[entry] = row & 0xFFFF
        bit = entry + bucket * buckets.spread + (row >> 16)
        highs[bit >> 6] |= u64(1) << u64(bit & 63)


@compiled
def plan(question: Question, buckets: Buckets, ball: Ball) -> None:
    """Shares a budget of radius + 1 out over the words of each query, where it costs least.

    A word probed up to radius t takes t + 1 of the budget. Whatever the shares, nothing is missed.

    Args:
        question: whose radii and dear are filled.
        buckets: that are to be searched.
        ball: neighbours of a bucket.
    """
    words, radii, budget = question.queries.view(np.uint16), question.radii, question.radius + 1
    count, rows = len(buckets.indexed), len(buckets.codes)
    radii[:] = -1
    needed = (budget + count - 1) // count
    if needed > LEVELS:
        question.dear[:] = True
        return
    # Word by word, since the starts of one word fit in the processor's cache, and those of all do not.
    costs = np.empty((len(words), count, LEVELS), dtype=np.int64)
    for k in range(count):
        for q in range(len(words)):
            for level in range(needed):
                costs[q, k, level] = _cost(words[q, buckets.indexed[k]], k, level, buckets, ball)
    usual = rows // (buckets.starts.shape[1] - 1) + _BUCKET_COST
    for q in range(len(words)):
        levels = needed
        total, dearest = _share(budget, levels, costs[q], buckets, radii[q])
        # One level further in the other words may cost less than a crowded bucket in this one.
        while levels < LEVELS and dearest > 4 * usual * (ball.reach[levels + 1] - ball.reach[levels]):
            for k in range(count):
                costs[q, k, levels] = _cost(words[q, buckets.indexed[k]], k, levels, buckets, ball)
            levels += 1
            total, dearest = _share(budget, levels, costs[q], buckets, radii[q])
        question.dear[q] = total > _SCANNING * rows


@inlined
def _cost(word: int, k: int, level: int, buckets: Buckets, ball: Ball) -> int:
    """What it costs to probe the k-th indexed word at one number of bits, in entries looked at."""
    cost = i64(_BUCKET_COST * (ball.reach[level + 1] - ball.reach[level]))
    for m in range(ball.reach[level], ball.reach[level + 1]):
        bucket = i64(word >> buckets.shift) ^ i64(ball.flips[m])
        cost += i64(buckets.starts[k, bucket + 1]) - i64(buckets.starts[k, bucket])
    return cost


@compiled
def _share(budget: int, levels: int, costs: Longs, buckets: Buckets, radii: Longs) -> tuple[float, float]:
    """Gives the budget to the cheapest words, step by step.

    Returns:
        What all steps cost, and the dearest one.
    """
    indexed, passing = buckets.indexed, buckets.passing
    total = dearest = 0.0
    if budget == levels * len(indexed):
        for k in range(len(indexed)):
            radii[indexed[k]] = levels - 1
            cost = _comparing(costs[k], passing[k], levels - 1, levels - 1)
            for level in range(levels):
                cost += costs[k, level]
            total += cost
            dearest = max(dearest, cost)
        return total, dearest
    radii[:] = -1
    for _ in range(budget):
        best, least = -1, 0.0
        for k in range(len(indexed)):
            radius, following = radii[indexed[k]], radii[(indexed[k] + 1) % WORDS]
            if radius + 1 < levels:
                step = costs[k, radius + 1]
                step += _comparing(costs[k], passing[k], radius + 1, following) - _comparing(
                    costs[k], passing[k], radius, following
                )
                before = (indexed[k] - 1) % WORDS
                if indexed[k - 1] == before:
                    step += _comparing(costs[k - 1], passing[k - 1], radii[before], radius + 1)
                    step -= _comparing(costs[k - 1], passing[k - 1], radii[before], radius)
                if best < 0 or step < least:
                    best, least = k, step
        radii[indexed[best]] += 1
        total += least
        dearest = max(dearest, least)
    return total, dearest


@inlined
def _comparing(costs: Longs, passing: NDArray[np.float64], radius: int, following: int) -> float:
    """What it costs to compare the entries of a word that pass, given its radius and the next one's."""
    entries = 0.0
    for level in range(radius + 1):
        entries += costs[level] * passing[radius + following + 1 - level]
    return entries * _COMPARING


@inlined
def _list_buckets(
    home: int, radius: int, limit: int, starts: Ints, checks: int, flips: Shorts, reach: Longs, listed: Longs
) -> int:
    """Lists the buckets around one, and sends for their entries.

    Args:
        home: the query's bucket.
        radius: bits in which the others may differ from it, -1 for none at all.
        limit: greatest difference of this word and the next together.
        starts: of the word's buckets.
        checks: address of the word's checks.
        flips, reach: of a `Ball`.
        listed: (m, 4), filled: bucket, first entry, end, greatest difference of the next word.

    Returns:
        How many buckets are listed.
    """
    size = 0
    for level in range(radius + 1):
        for m in range(reach[level], reach[level + 1]):
            bucket = home ^ i64(flips[m])
            begin, end = i64(starts[bucket]), i64(starts[bucket + 1])
            if begin == end:
                continue
            listed[size, 0], listed[size, 1], listed[size, 2], listed[size, 3] = (
                bucket,
                begin,
                end,
                limit - level,
            )
            size += 1
            line, last = checks + u64(2 * begin), checks + u64(2 * end - 1)
            for _ in range(_LINES_AHEAD):
                prefetch(line)
                line += u64(_LINE)
                if line > last:
                    break
    return size


@inlined
def _check(first: int, begin: int, end: int, checks: int, word: int, limit: int) -> int:
    """Which of the entries from a line's `first` on, within begin to end, pass: bit i for entry first + i."""
    near = u64(near_lanes(checks + u64(2 * first), word, limit))
    if first < begin:
        near &= ~u64(0) << u64(begin - first)
    if end - first < LANES:
        near &= (u64(1) << u64(end - first)) - u64(1)
    return near


@compiled
def _probe_word(
    k: int, question: Question, buckets: Buckets, ball: Ball, listed: Longs, pending: Pending, found: Found
) -> bool:
    """Looks into the buckets of one word for all queries; False where there is no room for the hits."""
    # Each array is taken out of its tuple once: that costs more than a bucket does.
    word, following = buckets.indexed[k], (buckets.indexed[k] + 1) % WORDS
    words, radii, dear = question.queries.view(np.uint16), question.radii, question.dear
    starts, flips, reach, survivors = buckets.starts[k], ball.flips, ball.reach, question.survivors
    query, number, home, place = pending.query, pending.word, pending.bucket, pending.entry
    checks = u64(buckets.checks.ctypes.data) + u64(2 * k * buckets.checks.shape[1])
    at, most = pending.size[0], len(buckets.codes) // 64 + 256
    ahead, ready = listed[0], listed[1]
    size = 0
    for q in range(-1, len(words)):
        # While the buckets of one query are looked into, the entries of the next are on their way.
        known, size = size, 0
        if q + 1 < len(words) and not dear[q + 1]:
            bucket, radius = i64(words[q + 1, word] >> buckets.shift), radii[q + 1, word]
            limit = radius + radii[q + 1, following] + 1
            size = _list_buckets(bucket, radius, limit, starts, checks, flips, reach, ahead)
        for b in range(known):
            if dear[q]:
                break
            bucket, begin, end, limit = ready[b, 0], ready[b, 1], ready[b, 2], ready[b, 3]
            entry = begin - begin % LANES
            while entry < end:  # not range(), which divides
                near = _check(entry, begin, end, checks, words[q, following], limit)
                if near:
                    survivors[q] += ones(near)
                    if survivors[q] > most:
                        dear[q] = True  # entries that pass only to fail cost more than a scan
                        break
                    if at > len(place) - LANES:
                        pending.size[0] = at
                        if not _compare(pending, question, buckets, found):
                            return False
                        at = 0
                    while near:
                        query[at], number[at], home[at], place[at] = q, k, bucket, entry + lowest(near)
                        at += 1
                        near &= near - u64(1)
                entry += LANES
        ahead, ready = ready, ahead
    pending.size[0] = at
    return True


@inlined
def _probed_before(k: int, asked: Shorts, held: Shorts, radii: Longs, indexed: Longs, shift: int) -> bool:
    """Whether one of the first k indexed words led to this pair too, whose words are given."""
    before = False
    for earlier in range(k):
        word, following = indexed[earlier], (indexed[earlier] + 1) % WORDS
        here = ones(u64((asked[word] ^ held[word]) >> shift))
        if here <= radii[word]:
            there = ones(u64(asked[following] ^ held[following]))
            before |= here + there <= radii[word] + radii[following] + 1
    return before


@compiled
def _compare(pending: Pending, question: Question, buckets: Buckets, found: Found) -> bool:
    """Compares whole codes and empties `pending`; False where there is no room for the hits."""
    codes, queries = u64(buckets.codes.ctypes.data), u64(question.queries.ctypes.data)
    lows, highs = u64(buckets.lows.ctypes.data), u64(buckets.highs.ctypes.data)
    query, word, home, entry, rows = pending.query, pending.word, pending.bucket, pending.entry, pending.row
    asked, held = question.queries.view(np.uint16), buckets.codes.view(np.uint16)
    radii, indexed = question.radii, buckets.indexed
    size = pending.size[0]
    pending.size[0] = 0
    last_k = last_bucket = at = passed = i64(-1)
    left = u64(0)
    for i in range(size + _AHEAD):
        if i < size:
            k, bucket = word[i], home[i]
            prefetch(lows + u64(2 * (k * buckets.lows.shape[1] + entry[i])))
            guess = (2 * entry[i] - i64(buckets.starts[k, bucket]) + bucket * buckets.spread) >> 6
            prefetch(highs + u64(8 * (k * buckets.highs.shape[1] + guess)))
        j = i - _AHEAD
        if j >= 0:
            # The high bits of a row are found by counting the ones of its bucket, from where the entry before
            # was found: from the beginning each time, a crowded bucket would take time with its square.
            k, bucket = word[j], home[j]
            start = i64(buckets.starts[k, bucket])
            if k != last_k or bucket != last_bucket or entry[j] - start < passed:
                last_k, last_bucket, passed = k, bucket, i64(0)
                first = start + bucket * buckets.spread
                at = first >> 6
                left = buckets.highs[k, at] >> u64(first & 63) << u64(first & 63)
            while passed + ones(left) <= entry[j] - start and at + 1 < buckets.highs.shape[1]:
                passed += ones(left)
                at += 1
                left = buckets.highs[k, at]
            bit = left
            for _ in range(entry[j] - start - passed):
                bit &= bit - u64(1)
            high = (at << 6) + lowest(bit) - entry[j] - bucket * buckets.spread
            rows[j] = (high << 16) | i64(buckets.lows[k, entry[j]])
            prefetch(codes + u64(32 * rows[j]))
    for i in range(size):
        q, row = query[i], rows[i]
        if not 0 <= row < len(buckets.codes):
            question.dear[q] = True  # damaged arrays lead nowhere; the codes themselves may be whole
            continue
        distance = bits_apart(codes + u64(32 * row), queries + u64(32 * q))
        if distance > question.radius or _probed_before(
            word[i], asked[q], held[row], radii[q], indexed, buckets.shift
        ):
            continue
        hit = found.size[0]
        if hit == len(found.row):
            return False
        found.query[hit], found.row[hit], found.distance[hit] = q, row, distance
        found.size[0] = hit + 1
    return True


@compiled
def probe(question: Question, buckets: Buckets, ball: Ball, pending: Pending, found: Found) -> bool:
    """Searches the buckets for all codes within the radius of each query, each pair once.

    Args:
        question: the queries; radii, survivors and dear are filled.
        buckets: to be searched.
        ball: neighbours of a bucket.
        pending: empty, with room for many times LANES.
        found: filled.

    Returns:
        False where there is no room for all hits: then none of them counts.
    """
    plan(question, buckets, ball)
    question.survivors[:] = 0
    listed = np.empty((2, len(ball.flips), 4), dtype=np.int64)
    for k in range(len(buckets.indexed)):
        if not _probe_word(k, question, buckets, ball, listed, pending, found):
            return False
    return _compare(pending, question, buckets, found)


@compiled
def scan(codes: Words, queries: Words, radius: int, found: Found) -> None:
    """Compares every query with every code.

    Args:
        codes: (n, 4).
        queries: (q, 4).
        radius: greatest distance that counts.
        found: filled; has room for n * q.
    """
    code_base, query_base = u64(codes.ctypes.data), u64(queries.ctypes.data)
    hit = 0
    for block in range(0, len(codes), BLOCK):
        for q in range(len(queries)):
            query = query_base + u64(32 * q)
            if block + BLOCK <= len(codes):
                near = near_codes(code_base + u64(32 * block), query, u64(radius))
            else:
                near = (u64(1) << u64(len(codes) - block)) - u64(1)
            while near:
                row = block + lowest(near)
                near &= near - u64(1)
                distance = bits_apart(code_base + u64(32 * row), query)
                if distance <= radius:
                    found.query[hit], found.row[hit], found.distance[hit] = q, row, distance
                    hit += 1
    found.size[0] = hit


@compiled
def first_equals(codes: Words, seed: int, table: NDArray[np.int32], first: NDArray[np.int32]) -> int:
    """For each code, the first row that holds the same.

    Args:
        codes: (n, 4), fewer than 2**31.
        seed: odd, 64 bits; not known to whoever made the codes, so that nobody makes them collide.
        table: slots, a power of two, at least 2n, all -1.
        first: (n,), filled.

    Returns:
        How many codes there are when equal ones count once.
    """
    multiplier, mask = u64(seed), u64(len(table) - 1)
    different = 0
    for row in range(len(codes)):
        mixed = u64(0)
        for word in range(4):
            mixed = (mixed ^ codes[row, word]) * multiplier
            mixed ^= mixed >> u64(29)
        slot = mixed & mask
        held = table[slot]
        while held >= 0 and not (
            codes[held, 0] == codes[row, 0]
            and codes[held, 1] == codes[row, 1]
            and codes[held, 2] == codes[row, 2]
            and codes[held, 3] == codes[row, 3]
        ):
            slot = (slot + u64(1)) & mask
            held = table[slot]
        if held < 0:
            table[slot] = held = row
            different += 1
        first[row] = held
    return different
