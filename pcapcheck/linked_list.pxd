# cython: language_level=3, boundscheck=False, wraparound=False
# What linked_list.py does, for the compiled loops. Written apart from it since only what stands in a pxd file can be
# compiled into a loop of another module, where width and the fields are constants.

cdef inline int append(
        long long[::1] rows, long long width, long long older_at, long long newer_at, long long[::1] ends,
        size_t oldest_at, size_t newest_at, long long place) except -1 nogil:
    cdef long long newest = ends[newest_at]
    rows[<size_t>(place * width + older_at)] = newest
    rows[<size_t>(place * width + newer_at)] = -1
    if newest >= 0:
        rows[<size_t>(newest * width + newer_at)] = place
    else:
        ends[oldest_at] = place
    ends[newest_at] = place
    return 0

cdef inline int take_out(
        long long[::1] rows, long long width, long long older_at, long long newer_at, long long[::1] ends,
        size_t oldest_at, size_t newest_at, long long place) except -1 nogil:
    cdef long long older = rows[<size_t>(place * width + older_at)]
    cdef long long newer = rows[<size_t>(place * width + newer_at)]
    if older >= 0:
        rows[<size_t>(older * width + newer_at)] = newer
    else:
        ends[oldest_at] = newer
    if newer >= 0:
        rows[<size_t>(newer * width + older_at)] = older
    else:
        ends[newest_at] = older
    return 0
