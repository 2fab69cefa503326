# cython: language_level=3, annotation_typing=False, boundscheck=False, wraparound=False, cdivision=True
"""Sample failed exchanges, over the pairs that asked and over time, in bounded memory.

Of all pairs those with the smallest hashes are kept: a sample in which no pair hides behind earlier ones. Of the
exchanges of a pair the first is kept, and then one in two, four, eight … as room runs out.

The loops run as plain Python or compiled by Cython with the C types in ``sampling.pxd``.
"""

from __future__ import annotations

from array import array

try:
    import cython
except ImportError:
    from pcapcheck import _cython_stub as cython

if not cython.compiled:
    from pcapcheck.copying import copy_numbers
    from pcapcheck.exchanges import pairing_layout
    from pcapcheck.exchanges import sampling_layout as layout
    from pcapcheck.hash_table import stir


def pair_key(rows: array[int], row: int) -> int:
    """A hash of frame group, outcome, kind, class of the error, addresses, and the port of a connection."""
    error = rows[row + pairing_layout.ERROR] >> 16 if rows[row + pairing_layout.OUTCOME] == pairing_layout.ERRED else 0
    port = 0
    if rows[row + pairing_layout.KIND] == pairing_layout.KIND_CONNECTION:
        port = rows[row + pairing_layout.IDENT_SEQ] & 0xFFFF
    alike = (rows[row + pairing_layout.GROUP] << 32) | (port << 16) | (error << 8)
    alike = alike | (rows[row + pairing_layout.OUTCOME] << 4) | rows[row + pairing_layout.KIND]
    mixed = stir(stir(stir(0, alike), rows[row + pairing_layout.SRC_HIGH]), rows[row + pairing_layout.SRC_LOW])
    mixed = stir(stir(mixed, rows[row + pairing_layout.DST_HIGH]), rows[row + pairing_layout.DST_LOW])
    return mixed >> 2


def find_pair(pairs: array[int], key: int, state: array[int]) -> int:
    """The place of the pair with this key, which takes that of the greatest key if it must; -1 if there is none."""
    place = state[layout.S_LATEST]
    if place < state[layout.S_PAIRS] and pairs[place * layout.PAIR_FIELDS + layout.W_KEY] == key:
        return place
    greatest = state[layout.S_GREATEST]
    if state[layout.S_PAIRS] == layout.PAIRS and key > pairs[greatest * layout.PAIR_FIELDS + layout.W_KEY]:
        return -1
    place = 0
    while place < state[layout.S_PAIRS] and pairs[place * layout.PAIR_FIELDS + layout.W_KEY] != key:
        place = place + 1
    if place == layout.PAIRS:
        place = greatest
    elif place < state[layout.S_PAIRS]:
        state[layout.S_LATEST] = place
        return place
    else:
        state[layout.S_PAIRS] = place + 1
    pairs[place * layout.PAIR_FIELDS + layout.W_KEY] = key
    pairs[place * layout.PAIR_FIELDS + layout.W_COUNT] = 0
    pairs[place * layout.PAIR_FIELDS + layout.W_STRIDE] = 1
    pairs[place * layout.PAIR_FIELDS + layout.W_HELD] = 0
    state[layout.S_LATEST] = place
    greatest = 0
    for other in range(state[layout.S_PAIRS]):
        if pairs[other * layout.PAIR_FIELDS + layout.W_KEY] > pairs[greatest * layout.PAIR_FIELDS + layout.W_KEY]:
            greatest = other
    state[layout.S_GREATEST] = greatest
    return place


def thin_out(pairs: array[int], place: int, samples: array[int]) -> None:
    """Keep every other exchange of a pair, and one in twice as many from now on."""
    pair = place * layout.PAIR_FIELDS
    first = place * layout.PER_PAIR
    for at in range(1, layout.PER_PAIR // 2):
        source = (first + 2 * at) * pairing_layout.FIELDS
        copy_numbers(samples, source, samples, (first + at) * pairing_layout.FIELDS, pairing_layout.FIELDS)
    pairs[pair + layout.W_HELD] = layout.PER_PAIR // 2
    pairs[pair + layout.W_STRIDE] = 2 * pairs[pair + layout.W_STRIDE]


def keep(pairs: array[int], place: int, samples: array[int], rows: array[int], row: int) -> None:
    """Count an exchange of a pair, and keep it if its turn has come."""
    pair = place * layout.PAIR_FIELDS
    number = pairs[pair + layout.W_COUNT]
    pairs[pair + layout.W_COUNT] = number + 1
    # Strides are powers of two: no division.
    if number & (pairs[pair + layout.W_STRIDE] - 1) == 0 and pairs[pair + layout.W_HELD] == layout.PER_PAIR:
        thin_out(pairs, place, samples)
    if number & (pairs[pair + layout.W_STRIDE] - 1) == 0:
        target = (place * layout.PER_PAIR + pairs[pair + layout.W_HELD]) * pairing_layout.FIELDS
        copy_numbers(rows, row, samples, target, pairing_layout.FIELDS)
        pairs[pair + layout.W_HELD] = pairs[pair + layout.W_HELD] + 1


def sample(rows: array[int], count: int, pairs: array[int], samples: array[int], state: array[int]) -> None:
    """Take finished exchanges, as ``pairing`` writes them out."""
    with cython.nogil:
        for number in range(count):
            row = number * pairing_layout.FIELDS
            outcome = rows[row + pairing_layout.OUTCOME]
            if outcome != pairing_layout.ERRED and outcome != pairing_layout.UNANSWERED:
                continue
            if rows[row + pairing_layout.KIND] == pairing_layout.KIND_ECHO_TO_MANY:
                continue
            place = find_pair(pairs, pair_key(rows, row), state)
            if place >= 0:
                keep(pairs, place, samples, rows, row)
