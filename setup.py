"""Compile the loops that see every byte, where a C compiler is present; all else stands in pyproject.toml.

The compiled modules are optional: without a compiler the same files run as plain Python. What they were compiled
from is written beside them (``kernels.json``), so that a stale binary can be told from the source.
"""

import json
import os
import runpy
import sys
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler import Options
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

sys.path.insert(0, str(Path(__file__).parent))
# What is compiled must come from the Python files, not from modules compiled before.
os.environ["PCAPCHECK_PLAIN"] = "1"
from pcapcheck.plain import KERNELS, digest_of

HEADERS = Path("build", "include")


class BuildKernels(build_ext):
    """build_ext that also writes down the digests of what it compiled."""

    def run(self):
        super().run()
        digests = {name: digest_of(name) for name in KERNELS if Path(self.get_ext_fullpath(name)).exists()}
        beside = Path(self.get_ext_fullpath("pcapcheck.kernels")).parent / "kernels.json"
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(digests, indent=2) + "\n")


def write_numbers(kernel):
    """A C header of the numbers that a kernel's Python file sees: as constants they cost the compiled loops nothing."""
    lines = []
    seen = runpy.run_path(kernel.replace(".", "/") + ".py")
    for name, value in ((name, value) for name, value in seen.items() if name.isupper()):
        kind, suffix = ("long long", "LL") if value < 1 << 63 else ("unsigned long long", "ULL")
        small = abs(value) < 1 << 31
        constant = f"enum {{ {name} = {value} }};" if small else f"static const {kind} {name} = {value}{suffix};"
        # One kernel may include what another is compiled with.
        lines += [f"#ifndef SEEN_{name}", f"#define SEEN_{name}", constant, "#endif"]
    header = HEADERS / f"{kernel.rpartition('.')[2]}_numbers.h"
    header.parent.mkdir(parents=True, exist_ok=True)
    header.write_text("\n".join(lines) + "\n")
    return header


# The loops hand views from function to function, by value: with room for eight dimensions that is 200 bytes each.
Options.buffer_max_dims = 2
extensions = cythonize([Extension(name, [name.replace(".", "/") + ".py"]) for name in KERNELS], build_dir="build")
for extension in extensions:
    # Compiled anew each time: the numbers may have changed where the source did not.
    extension.depends = [str(write_numbers(extension.name))]
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
