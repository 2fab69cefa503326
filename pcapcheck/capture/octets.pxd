# cython: language_level=3, boundscheck=True, wraparound=False
# What octets.py does, for the compiled loops. Written apart from it since C compilers make one load of four bytes
# only where they hang on one pointer; first and last byte are checked, so those between need no check. Positions have
# no sign, so that one comparison checks a byte; numbers have 64 bits, so that none of them can be an error's -1.

cimport cython

cdef extern from *:
    """
    static CYTHON_INLINE unsigned int pcapcheck_u16be(const unsigned char *at) { return (unsigned int)at[0] << 8 | at[1]; }
    static CYTHON_INLINE unsigned int pcapcheck_u32be(const unsigned char *at) {
        return (unsigned int)at[0] << 24 | (unsigned int)at[1] << 16 | (unsigned int)at[2] << 8 | at[3];
    }
    static CYTHON_INLINE unsigned int pcapcheck_u16le(const unsigned char *at) {
        return (unsigned int)at[1] << 8 | at[0];
    }
    static CYTHON_INLINE unsigned int pcapcheck_u32le(const unsigned char *at) {
        return (unsigned int)at[3] << 24 | (unsigned int)at[2] << 16 | (unsigned int)at[1] << 8 | at[0];
    }
    static CYTHON_INLINE long long pcapcheck_mac(const unsigned char *at) {
        return (long long)pcapcheck_u16be(at) << 32 | pcapcheck_u32be(at + 2);
    }
    static CYTHON_INLINE long long pcapcheck_i64(const unsigned char *at) {
        return (long long)((unsigned long long)pcapcheck_u32be(at) << 32 | pcapcheck_u32be(at + 4));
    }
    """
    unsigned int pcapcheck_u16be(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_u32be(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_u16le(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_u32le(const unsigned char *at) noexcept nogil
    long long pcapcheck_mac(const unsigned char *at) noexcept nogil
    long long pcapcheck_i64(const unsigned char *at) noexcept nogil

cdef inline int require(const unsigned char[::1] buffer, size_t position, size_t count) except -1 nogil:
    buffer[position]
    buffer[position + count - 1]
    return 0

cdef inline int octet(const unsigned char[::1] buffer, size_t position) except -1 nogil:
    return buffer[position]

cdef inline long long u16be(const unsigned char[::1] buffer, size_t position) except -1 nogil:
    buffer[position + 1]
    return pcapcheck_u16be(&buffer[position])

cdef inline long long u32be(const unsigned char[::1] buffer, size_t position) except -1 nogil:
    buffer[position + 3]
    return pcapcheck_u32be(&buffer[position])

cdef inline long long u16le(const unsigned char[::1] buffer, size_t position) except -1 nogil:
    buffer[position + 1]
    return pcapcheck_u16le(&buffer[position])

cdef inline long long u32le(const unsigned char[::1] buffer, size_t position) except -1 nogil:
    buffer[position + 3]
    return pcapcheck_u32le(&buffer[position])

cdef inline long long u16(const unsigned char[::1] buffer, size_t position, bint big) except -1 nogil:
    return u16be(buffer, position) if big else u16le(buffer, position)

cdef inline long long u32(const unsigned char[::1] buffer, size_t position, bint big) except -1 nogil:
    return u32be(buffer, position) if big else u32le(buffer, position)

cdef inline long long mac(const unsigned char[::1] buffer, size_t position) except -1 nogil:
    buffer[position + 5]
    return pcapcheck_mac(&buffer[position])

cdef inline long long i64(const unsigned char[::1] buffer, size_t position) except? -1 nogil:
    buffer[position + 7]
    return pcapcheck_i64(&buffer[position])

# What follows is for bytes that `require` has seen to be there.

@cython.boundscheck(False)
cdef inline int octet_within(const unsigned char[::1] buffer, size_t position) noexcept nogil:
    return buffer[position]

@cython.boundscheck(False)
cdef inline long long u16be_within(const unsigned char[::1] buffer, size_t position) noexcept nogil:
    return pcapcheck_u16be(&buffer[position])

@cython.boundscheck(False)
cdef inline long long u32be_within(const unsigned char[::1] buffer, size_t position) noexcept nogil:
    return pcapcheck_u32be(&buffer[position])

@cython.boundscheck(False)
cdef inline long long u32_within(const unsigned char[::1] buffer, size_t position, bint big) noexcept nogil:
    return pcapcheck_u32be(&buffer[position]) if big else pcapcheck_u32le(&buffer[position])

@cython.boundscheck(False)
cdef inline long long mac_within(const unsigned char[::1] buffer, size_t position) noexcept nogil:
    return pcapcheck_mac(&buffer[position])

@cython.boundscheck(False)
cdef inline long long i64_within(const unsigned char[::1] buffer, size_t position) noexcept nogil:
    return pcapcheck_i64(&buffer[position])
