"""The command line.

Loading modules makes many objects and no garbage: looking for it takes a tenth of a short run. So it is looked for
seldom from here on, before anything else is loaded; at the end not at all, as all memory is given back then.

NumPy's algebra, which nobody needs here, would start a thread per processor, and these keep a processor busy while they
wait for their first work.
"""

import atexit
import gc
import os

GARBAGE_THRESHOLD = 100_000
gc.set_threshold(GARBAGE_THRESHOLD)
atexit.register(gc.freeze)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
