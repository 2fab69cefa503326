# The C types under which Cython compiles decode_loop.py; where it is not compiled, the Python file runs without them.
cimport cython

from pcapcheck.decode.checksums cimport checksums_of
from pcapcheck.decode.events cimport emit_event
from pcapcheck.decode.frame cimport Frame
from pcapcheck.decode.grouping cimport count_in_group
from pcapcheck.decode.headers cimport read_headers
from pcapcheck.decode.icmp_arp cimport blank_row
from pcapcheck.decode.error_frame cimport ErrorFrame
from pcapcheck.decode.error_reading cimport emit_error, emit_event_of_error, may_be_error, read_error
from pcapcheck.decode.arp_messages cimport emit_message
from pcapcheck.decode.row_writer cimport write_row
from pcapcheck.decode.segments cimport emit_segment, emit_segment_of_error
from pcapcheck.decode.sighting cimport emit_sighting

# The numbers, by setup.py: known to the C compiler, they cost nothing.
from pcapcheck.capture cimport checksum_layout, scan_layout
from pcapcheck.decode cimport frame_layout as layout
from pcapcheck cimport protocols

@cython.locals(
    row=cython.longlong, event=cython.size_t, segment=cython.size_t, message=cython.size_t, error=cython.size_t,
    sighting=cython.size_t, record=cython.longlong, sums=cython.longlong)
cpdef decode_frames(
    Frame frame, const long long[::1] records, long long count, long long first_number, const long long[::1] links,
    long long since, long long until, bint keep_all, bint with_sums, long long group_limit, long long[::1] rows,
    long long field_step, bint follow, long long sample, ErrorFrame said, long long[::1] state)

@cython.locals(entry=cython.size_t)
cdef inline int begin_frame(
    const long long[::1] records, long long record, const long long[::1] links, Frame frame) except -1 nogil
