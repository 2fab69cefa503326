"""Compile the loops that see every byte, where a C compiler is present; all else stands in pyproject.toml.

The compiled modules are optional: where one cannot be built the same files run as plain Python. What they were compiled
from is written beside them (``kernels.json``), so that a stale binary can be told from the source.

Most of what Cython writes for a loop is the same for all of them: its memoryviews, ten times the code of a small loop.
That is compiled once, as a module of its own (``SHARED``), which the loops import.
"""

import json
import os
import runpy
import sys
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler import Options
from Cython.Compiler.Errors import CompileError
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

sys.path.insert(0, str(Path(__file__).parent))
# What is compiled must come from the Python files, not from modules compiled before.
os.environ["PCAPCHECK_PLAIN"] = "1"
from pcapcheck.kernels import KERNELS, digest_of

HEADERS = Path("build", "include")
SHARED = "pcapcheck.compiled"


class BuildKernels(build_ext):
    """build_ext on all processors: all kernels or none, with the digests of what they were compiled from."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        # What cannot be built any more must not leave an older one in its place.
        for name in (*KERNELS, SHARED):
            Path(self.get_ext_fullpath(name)).unlink(missing_ok=True)
            Path(self.build_lib, self.get_ext_filename(name)).unlink(missing_ok=True)
        super().run()
        built = [Path(self.get_ext_fullpath(name)) for name in (*KERNELS, SHARED)]
        complete = all(path.exists() for path in built)
        if not complete:
            # They import from one another as C, so that some are of no use without the others.
            self.warn("not everything compiled: the loops will run as plain Python")
            for path in built:
                path.unlink(missing_ok=True)
        beside = Path(self.get_ext_fullpath("pcapcheck.kernels")).parent / "kernels.json"
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({name: digest_of(name) for name in KERNELS if complete}, indent=2) + "\n")


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
kernels = [Extension(name, [name.replace(".", "/") + ".py"]) for name in KERNELS]
shared = Extension(SHARED, ["compiled.c"])
try:
    extensions = cythonize([*kernels, shared], build_dir="build", shared_utility_qualified_name=SHARED)
except CompileError as error:
    # A Cython to come that refuses a loop costs speed, not the installation.
    print(f"Cython refuses {error}", file=sys.stderr)
    extensions = []
for extension in extensions:
    # Told here, since cythonize makes new extensions and forgets it of those that it was given.
    extension.optional = True
    # Nobody debugs the generated C.
    flags = ["-g0"]
    if extension.name == SHARED:
        # Runs once per call of a loop, not once per frame.
        flags.append("-O1")
    else:
        # Compiled anew each time: the numbers may have changed where the source did not.
        extension.depends = [str(write_numbers(extension.name))]
        extension.include_dirs = [str(HEADERS)]
    if sys.platform != "win32":
        extension.extra_compile_args = flags
        # What the pxd files call inline is: left to itself, gcc finds it too long and hands views over call by call.
        extension.define_macros = [("CYTHON_INLINE", "__inline__ __attribute__((always_inline))")]

setup(
    ext_modules=extensions,
    cmdclass={"build_ext": BuildKernels},
)
