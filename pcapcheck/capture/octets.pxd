# cython: language_level=3, boundscheck=True, wraparound=False
# What octets.py does, for the compiled loops. Written apart from it since C compilers make one load of four bytes
# only where they hang on one pointer; first and last byte are checked, so those between need no check. What stands for
# an exception is a number that is seldom met: who calls then looks whether there was one, which takes a lock. -1 is met
# in every broadcast.

cdef extern from *:
    """
    static inline unsigned int pcapcheck_u16be(const unsigned char *at) { return (unsigned int)at[0] << 8 | at[1]; }
    static inline unsigned int pcapcheck_u32be(const unsigned char *at) {
        return (unsigned int)at[0] << 24 | (unsigned int)at[1] << 16 | (unsigned int)at[2] << 8 | at[3];
    }
    static inline unsigned int pcapcheck_u16le(const unsigned char *at) {
        return (unsigned int)at[1] << 8 | at[0];
    }
    static inline unsigned int pcapcheck_u32le(const unsigned char *at) {
        return (unsigned int)at[3] << 24 | (unsigned int)at[2] << 16 | (unsigned int)at[1] << 8 | at[0];
    }
    """
    unsigned int pcapcheck_u16be(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_u32be(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_u16le(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_u32le(const unsigned char *at) noexcept nogil

cdef inline unsigned int u16be(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    buffer[position + 1]
    return pcapcheck_u16be(&buffer[position])

cdef inline unsigned int u32be(const unsigned char[::1] buffer, Py_ssize_t position) except? 0x7E57ED11 nogil:
    buffer[position + 3]
    return pcapcheck_u32be(&buffer[position])

cdef inline unsigned int u16le(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    buffer[position + 1]
    return pcapcheck_u16le(&buffer[position])

cdef inline unsigned int u32le(const unsigned char[::1] buffer, Py_ssize_t position) except? 0x7E57ED11 nogil:
    buffer[position + 3]
    return pcapcheck_u32le(&buffer[position])

cdef inline unsigned int u16(const unsigned char[::1] buffer, Py_ssize_t position, bint big) except? -1 nogil:
    return u16be(buffer, position) if big else u16le(buffer, position)

cdef inline unsigned int u32(const unsigned char[::1] buffer, Py_ssize_t position, bint big) except? 0x7E57ED11 nogil:
    return u32be(buffer, position) if big else u32le(buffer, position)

cdef inline long long mac(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    return (<long long>u16be(buffer, position) << 32) | u32be(buffer, position + 2)

cdef inline long long i64(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    return <long long>((<unsigned long long>u32be(buffer, position) << 32) | u32be(buffer, position + 4))
