# cython: language_level=3, boundscheck=False, wraparound=False
# What hash_table.py does, for the compiled loops. Written apart from it since only what stands in a pxd file can be
# compiled into a loop of another module, where width and home_at are constants.

cdef extern from *:
    """
    static inline unsigned long long pcapcheck_stir(unsigned long long mixed, unsigned long long number) {
        return (mixed ^ (mixed >> 29) ^ number) * 0x9E3779B97F4A7C15ULL;
    }
    #if defined(__GNUC__)
    #define pcapcheck_fetch(place) __builtin_prefetch(place)
    #else
    #define pcapcheck_fetch(place) ((void)(place))
    #endif
    """
    unsigned long long stir "pcapcheck_stir" (unsigned long long mixed, unsigned long long number) noexcept nogil
    void fetch "pcapcheck_fetch" (const void *place) noexcept nogil

cdef inline long long home_of_four(
        unsigned long long first, unsigned long long second, unsigned long long third,
        unsigned long long fourth) noexcept nogil:
    return stir(stir(stir(first, second), third), fourth) >> 2

cdef inline long long entry_of(unsigned long long home, unsigned long long place) noexcept nogil:
    # PLACE_BITS of hash_table.py are 24.
    return <long long>(((home << 24) & 0x7FFFFFFFFFFFFFFFULL) | place)

cdef inline long long place_at(const long long[::1] slots, size_t slot) noexcept nogil:
    return slots[slot] & 0xFFFFFF if slots[slot] >= 0 else -1

cdef inline long long place_with(const long long[::1] slots, size_t slot, long long home) noexcept nogil:
    return slots[slot] & 0xFFFFFF if slots[slot] >= 0 and slots[slot] >> 24 == entry_of(home, 0) >> 24 else -1

cdef inline long long seek(
        const long long[::1] slots, long long mask, long long home, size_t slot) except? -1 nogil:
    cdef long long wanted = entry_of(home, 0) >> 24
    while slots[slot] >= 0 and slots[slot] >> 24 != wanted:
        slot = (slot + 1) & mask
    return slot

cdef inline long long seek_key(
        const long long[::1] rows, long long width, const long long[::1] slots, long long mask, long long home,
        long long key_at, int count, long long first, long long second, long long third, long long fourth,
        long long fifth) except? -1 nogil:
    # Where count is a constant, what it leaves out is not compiled.
    cdef size_t slot = home & mask
    cdef size_t at
    while True:
        slot = seek(slots, mask, home, slot)
        if slots[slot] < 0:
            return slot
        at = place_at(slots, slot) * width + key_at
        if (rows[at] == first and rows[at + 1] == second and (count < 3 or rows[at + 2] == third)
                and (count < 4 or rows[at + 3] == fourth) and (count < 5 or rows[at + 4] == fifth)):
            return slot
        slot = (slot + 1) & mask

cdef inline int insert(
        long long[::1] slots, long long mask, long long home, long long place) except -1 nogil:
    cdef size_t slot = home & mask
    while slots[slot] >= 0:
        slot = (slot + 1) & mask
    slots[slot] = entry_of(home, place)
    return 0

cdef inline int insert_all(
        const long long[::1] rows, long long width, long long home_at, long long[::1] slots, long long first,
        long long end) except -1 nogil:
    cdef long long place
    for place in range(first, end):
        insert(slots, len(slots) - 1, rows[<size_t>(place * width + home_at)], place)
    return 0

cdef inline int remove(
        long long[::1] slots, long long mask, long long home, long long place) except -1 nogil:
    cdef size_t hole = home & mask
    cdef size_t slot
    cdef long long wanted
    while slots[hole] != entry_of(home, place):
        hole = (hole + 1) & mask
    slot = (hole + 1) & mask
    while slots[slot] >= 0:
        wanted = (slots[slot] >> 24) & mask
        if ((slot - wanted) & mask) >= ((slot - hole) & mask):
            slots[hole] = slots[slot]
            hole = slot
        slot = (slot + 1) & mask
    slots[hole] = -1
    return 0

cdef inline int fetch_slot(const long long[::1] slots, size_t slot) except -1 nogil:
    fetch(&slots[slot])
    return 0

cdef inline int fetch_small(const int[::1] numbers, size_t at) except -1 nogil:
    fetch(&numbers[at])
    return 0

cdef inline int fetch_row(const long long[::1] rows, size_t start, size_t count) except -1 nogil:
    # One number of each line of 64 bytes.
    cdef size_t step
    for step in range(0, count, 8):
        fetch(&rows[start + step])
    return 0
