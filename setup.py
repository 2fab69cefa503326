"""Compile the loops that see every byte, where a C compiler is present; all else stands in pyproject.toml.

The compiled modules are optional: without a compiler the same files run as plain Python. What they were compiled
from is written beside them (``kernels.json``), so that a stale binary can be told from the source.
"""

import hashlib
import json
import runpy
import sys
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler import Options
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

KERNELS = ["pcapcheck.capture.scan", "pcapcheck.decode.frame", "pcapcheck.flows.pairing"]


HEADERS = Path("build", "include")


def write_numbers(name):
    """A C header with the numbers that a kernel's Python file sees, so that the compiler knows them too."""
    seen = runpy.run_path(name.replace(".", "/") + ".py")
    numbers = {key: value for key, value in seen.items() if key.isupper() and isinstance(value, int)}
    lines = []
    for key, value in numbers.items():
        suffix = "" if abs(value) < 1 << 31 else "LL" if value < 1 << 63 else "ULL"
        kind = "int" if not suffix else "long long" if suffix == "LL" else "unsigned long long"
        lines.append(f"static const {kind} {key} = {value}{suffix};" if suffix else f"enum {{ {key} = {value} }};")
    HEADERS.mkdir(parents=True, exist_ok=True)
    header = HEADERS / f"{name.rpartition('.')[2]}_numbers.h"
    header.write_text("\n".join(lines) + "\n")


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
sys.path.insert(0, "")
for extension in extensions:
    write_numbers(extension.name)
    extension.include_dirs = [str(HEADERS)]
    # Told here, since cythonize makes new extensions and forgets it of those that it was given.
    extension.optional = True
    if sys.platform != "win32":
        # What the pxd files call inline is: left to itself, gcc finds it too long and hands views over call by call.
        extension.define_macros = [("CYTHON_INLINE", "__inline__ __attribute__((always_inline))")]

setup(
    ext_modules=extensions,
    cmdclass={"build_ext": BuildKernels},
)
