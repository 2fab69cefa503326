# cython: language_level=3, boundscheck=True, wraparound=False
# What octets.py does, for the compiled loops. Written apart from it since C compilers make one load of four bytes
# only where they hang on one pointer; first and last byte are checked, so those between need no check.

cdef extern from *:
    """
    static inline unsigned int pcapcheck_half(const unsigned char *at) { return (unsigned int)at[0] << 8 | at[1]; }
    static inline unsigned int pcapcheck_word(const unsigned char *at) {
        return (unsigned int)at[0] << 24 | (unsigned int)at[1] << 16 | (unsigned int)at[2] << 8 | at[3];
    }
    static inline unsigned int pcapcheck_half_little(const unsigned char *at) {
        return (unsigned int)at[1] << 8 | at[0];
    }
    static inline unsigned int pcapcheck_word_little(const unsigned char *at) {
        return (unsigned int)at[3] << 24 | (unsigned int)at[2] << 16 | (unsigned int)at[1] << 8 | at[0];
    }
    """
    unsigned int pcapcheck_half(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_word(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_half_little(const unsigned char *at) noexcept nogil
    unsigned int pcapcheck_word_little(const unsigned char *at) noexcept nogil

cdef inline unsigned int half(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    buffer[position + 1]
    return pcapcheck_half(&buffer[position])

cdef inline unsigned int word(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    buffer[position + 3]
    return pcapcheck_word(&buffer[position])

cdef inline unsigned int half_little(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    buffer[position + 1]
    return pcapcheck_half_little(&buffer[position])

cdef inline unsigned int word_little(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    buffer[position + 3]
    return pcapcheck_word_little(&buffer[position])

cdef inline unsigned int half_of(const unsigned char[::1] buffer, Py_ssize_t position, bint big) except? -1 nogil:
    return half(buffer, position) if big else half_little(buffer, position)

cdef inline unsigned int word_of(const unsigned char[::1] buffer, Py_ssize_t position, bint big) except? -1 nogil:
    return word(buffer, position) if big else word_little(buffer, position)

cdef inline long long mac(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    return (<long long>half(buffer, position) << 32) | word(buffer, position + 2)

cdef inline long long signed_long(const unsigned char[::1] buffer, Py_ssize_t position) except? -1 nogil:
    return <long long>((<unsigned long long>word(buffer, position) << 32) | word(buffer, position + 4))
