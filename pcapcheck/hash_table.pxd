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

cdef inline long long seek(
        const long long[::1] rows, long long width, long long home_at, const int[::1] slots, long long mask,
        long long home, size_t slot) except? -1 nogil:
    while slots[slot] >= 0 and rows[<size_t>(slots[slot] * width + home_at)] != home:
        slot = (slot + 1) & mask
    return slot

cdef inline long long seek_key(
        const long long[::1] rows, long long width, long long home_at, const int[::1] slots, long long mask,
        long long home, long long key_at, int count, long long first, long long second, long long third,
        long long fourth, long long fifth) except? -1 nogil:
    # Where count is a constant, what it leaves out is not compiled.
    cdef size_t slot = home & mask
    cdef size_t at
    while True:
        slot = seek(rows, width, home_at, slots, mask, home, slot)
        if slots[slot] < 0:
            return slot
        at = slots[slot] * width + key_at
        if (rows[at] == first and rows[at + 1] == second and (count < 3 or rows[at + 2] == third)
                and (count < 4 or rows[at + 3] == fourth) and (count < 5 or rows[at + 4] == fifth)):
            return slot
        slot = (slot + 1) & mask

cdef inline int insert(
        const long long[::1] rows, long long width, long long home_at, int[::1] slots, long long mask,
        long long place) except -1 nogil:
    cdef size_t slot = rows[<size_t>(place * width + home_at)] & mask
    while slots[slot] >= 0:
        slot = (slot + 1) & mask
    slots[slot] = <int>place
    return 0

cdef inline int insert_all(
        const long long[::1] rows, long long width, long long home_at, int[::1] slots, long long first,
        long long end) except -1 nogil:
    cdef long long place
    for place in range(first, end):
        insert(rows, width, home_at, slots, len(slots) - 1, place)
    return 0

cdef inline int remove(
        const long long[::1] rows, long long width, long long home_at, int[::1] slots, long long mask,
        long long place) except -1 nogil:
    cdef size_t hole = rows[<size_t>(place * width + home_at)] & mask
    cdef size_t slot
    cdef long long wanted
    while slots[hole] != place:
        hole = (hole + 1) & mask
    slot = (hole + 1) & mask
    while slots[slot] >= 0:
        wanted = rows[<size_t>(slots[slot] * width + home_at)] & mask
        if ((slot - wanted) & mask) >= ((slot - hole) & mask):
            slots[hole] = slots[slot]
            hole = slot
        slot = (slot + 1) & mask
    slots[hole] = -1
    return 0

cdef inline int fetch_slot(const int[::1] slots, size_t slot) except -1 nogil:
    fetch(&slots[slot])
    return 0

cdef inline int fetch_follower(
        const long long[::1] rows, long long width, long long home_at, const int[::1] slots, long long mask,
        long long home) except -1 nogil:
    cdef size_t slot = (home + 1) & mask
    if slots[slot] >= 0:
        fetch(&rows[<size_t>(slots[slot] * width + home_at)])
    return 0

cdef inline int fetch_row(const long long[::1] rows, size_t start, size_t count) except -1 nogil:
    # One number of each line of 64 bytes.
    cdef size_t step
    for step in range(0, count, 8):
        fetch(&rows[start + step])
    return 0
