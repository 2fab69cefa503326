"""Compile the loops that see every byte, where a C compiler is present; all else is in pyproject.toml.

The compiled modules are optional: where one cannot be built the same files run as plain Python. What they were compiled
from is written next to them (``kernels.json``), so that a stale binary is noticed.

Most of what Cython writes for a loop is the same for all loops: its memoryviews, ten times the code of a small loop.
That is compiled once, as a module of its own (``SHARED``), which the loops import.

The packs in rules/ are parsed here too (``pcapcheck/ruleset/parsed_packs.py``).

``PCAPCHECK_WITHOUT_LOOPS=1 pip wheel .`` builds a wheel for any platform, in which the loops are plain Python.
"""

import json
import multiprocessing
import os
import runpy
import sys
from pathlib import Path

from Cython.Build import cythonize
from Cython.Compiler import Options
from Cython.Compiler.Errors import CompileError
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))
# What is compiled must come from the Python files, not from modules compiled before.
os.environ["PCAPCHECK_PLAIN"] = "1"
from pcapcheck.kernels import KERNELS, PACKAGE, digest_of, number_files
from pcapcheck.ruleset.files import packs_folder
from pcapcheck.ruleset.parsed_packs import packed_folder

NUMBERS = Path("build", "numbers")
WITHOUT_LOOPS = bool(os.environ.get("PCAPCHECK_WITHOUT_LOOPS"))
SHARED = "pcapcheck.compiled"


class BuildKernels(build_ext):
    """build_ext on all processors: all kernels or none, with the digests of what they were compiled from."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        # If a kernel cannot be built any more, its older binary must not stay.
        for name in (*KERNELS, SHARED):
            Path(self.get_ext_fullpath(name)).unlink(missing_ok=True)
            Path(self.build_lib, self.get_ext_filename(name)).unlink(missing_ok=True)
        super().run()
        built = [Path(self.get_ext_fullpath(name)) for name in (*KERNELS, SHARED)]
        complete = all(path.exists() for path in built)
        if not complete:
            # They import from each other as C: some of them are of no use without the others.
            self.warn("not everything compiled: the loops will run as plain Python")
            for path in built:
                path.unlink(missing_ok=True)
        package = Path(self.get_ext_fullpath("pcapcheck.kernels")).parent
        write_packs(package)
        (package / "kernels.json").write_text(
            json.dumps({name: digest_of(name) for name in KERNELS if complete}, indent=2) + "\n"
        )


class BuildPlain(build_py):
    """build_py for a wheel without compiled loops: with the parsed packs, which build_ext writes elsewhere."""

    def run(self):
        super().run()
        write_packs(Path(self.build_lib, "pcapcheck"))


def write_packs(package):
    """Parse the packs into ``parsed/``, a file for each folder of ``rules/``."""
    parsed = package / "parsed"
    parsed.mkdir(parents=True, exist_ok=True)
    for folder in packs_folder().iterdir():
        (parsed / f"{folder.name}.json").write_bytes(packed_folder(sorted(folder.glob("*.yml"))))


def write_numbers(path):
    """The numbers of a Python file as C constants, which cost the compiled loops nothing: a pxd file under ``NUMBERS``.

    A kernel that imports ``frame_layout`` for plain Python cimports it, by the same name, for C.
    """
    module = ".".join(path.with_suffix("").parts)
    prefix = module.replace(".", "_")
    defined, small, large = [], [], []
    numbers = {name: value for name, value in runpy.run_path(path).items() if name.isupper() and type(value) is int}
    for name, value in numbers.items():
        if abs(value) < 1 << 31:
            small.append(f'        {name} "{prefix}_{name}"')
            suffix = ""
        else:
            kind, suffix = ("long long", "LL") if value < 1 << 63 else ("unsigned long long", "ULL")
            large.append(f'    const {kind} {name} "{prefix}_{name}"')
        defined.append(f"#define {prefix}_{name} ({value}{suffix})")
    verbatim = [f"    {line}" for line in ('"""', *defined, '"""')]
    text = "\n".join(["cdef extern from *:", *verbatim, *large, "    enum:", *small]) + "\n"
    written = NUMBERS / path.with_suffix(".pxd")
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text(text)


def compiled_loops():
    """The loops as extension modules, written out as C. None if Cython rejects one: that costs only speed."""
    if sys.platform == "linux":
        # A copy of this process knows the options set here; one that is begun afresh would write other C. Elsewhere a
        # process that uses threads must not be copied.
        multiprocessing.set_start_method("fork", force=True)
        writers = os.cpu_count() or 1
    else:
        writers = 0
    # The loops pass views by value: with room for eight dimensions that is 200 bytes each.
    Options.buffer_max_dims = 2
    for path in number_files():
        write_numbers(path.relative_to(PACKAGE.parent))
    kernels = [Extension(name, [name.replace(".", "/") + ".py"]) for name in KERNELS]
    try:
        extensions = cythonize(
            [*kernels, Extension(SHARED, ["compiled.c"])],
            build_dir="build",
            include_path=[str(NUMBERS)],
            # Each time: the numbers may have changed where the kernel's own files did not.
            force=True,
            nthreads=writers,
            shared_utility_qualified_name=SHARED,
        )
    except CompileError as error:
        print(f"Cython rejects {error}", file=sys.stderr)
        return []
    for extension in extensions:
        # Set here, since cythonize makes new extensions and drops it from those that it was given.
        extension.optional = True
        if sys.platform == "win32":
            continue
        # The generated C is not debugged. Many a Python was built with -O3 and hands that on: longer to compile, no
        # faster. What the loops share runs once per call of a loop, not once per frame.
        extension.extra_compile_args = ["-g0", "-O1" if extension.name == SHARED else "-O2"]
        # Inline what the pxd files declare inline: gcc alone finds it too long and passes views with each call.
        extension.define_macros = [("CYTHON_INLINE", "__inline__ __attribute__((always_inline))")]
    return extensions


if WITHOUT_LOOPS:
    setup(cmdclass={"build_py": BuildPlain})
else:
    setup(ext_modules=compiled_loops(), cmdclass={"build_ext": BuildKernels})
