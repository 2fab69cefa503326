"""Compile the loops that see every byte, where a C compiler is present; all else stands in pyproject.toml.

The compiled modules are optional: without a compiler the same files run as plain Python. What they were compiled
from is written beside them (``kernels.json``), so that a stale binary can be told from the source.
"""

import hashlib
import json
import sys
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler import Options
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNELS = ["pcapcheck.capture.scan", "pcapcheck.decode.frame", "pcapcheck.flows.pairing"]


class BuildKernels(build_ext):
    """build_ext that also writes down the digests of what it compiled."""

    def run(self):
        super().run()
        digests = {}
        for name in KERNELS:
            if Path(self.get_ext_fullpath(name)).exists():
                stem = name.replace(".", "/")
                source = Path(f"{stem}.py").read_bytes() + Path(f"{stem}.pxd").read_bytes()
                digests[name] = hashlib.sha256(source).hexdigest()
        beside = Path(self.get_ext_fullpath("pcapcheck.kernels")).parent / "kernels.json"
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(digests, indent=2) + "\n")


# The loops hand views from function to function, by value: with room for eight dimensions that is 200 bytes each.
Options.buffer_max_dims = 2
extensions = cythonize([Extension(name, [name.replace(".", "/") + ".py"]) for name in KERNELS], build_dir="build")
for extension in extensions:
    # Told here, since cythonize makes new extensions and forgets it of those that it was given.
    extension.optional = True
    if sys.platform != "win32":
        # What the pxd files call inline is: left to itself, gcc finds it too long and hands views over call by call.
        extension.define_macros = [("CYTHON_INLINE", "__inline__ __attribute__((always_inline))")]

setup(
    ext_modules=extensions,
    cmdclass={"build_ext": BuildKernels},
)
