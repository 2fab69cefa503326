"""Compile the loops that see every byte, where a C compiler is present; all else is in pyproject.toml.

The compiled modules are optional: where one cannot be built the same files run as plain Python. What they were compiled
from is written next to them (``kernels.json``), so that a stale binary is noticed.

Most of what Cython writes for a loop is the same for all loops: its memoryviews, ten times the code of a small loop.
That is compiled once, as a module of its own (``SHARED``), which the loops import.

The packs in rules/ are parsed here too (``pcapcheck/ruleset/parsed_packs.py``), and README.md becomes the index's page.

``PCAPCHECK_WITHOUT_LOOPS=1 pip wheel .`` builds a wheel for any platform, in which the loops are plain Python.
"""

import json
import multiprocessing
import os
import re
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))
# What is compiled must come from the Python files, not from modules compiled before.
os.environ["PCAPCHECK_PLAIN"] = "1"
from pcapcheck.kernels import KERNELS, PACKAGE, digest_of, number_files
from pcapcheck.ruleset.files import packs_folder
from pcapcheck.ruleset.parsed_packs import packed_folder
from pcapcheck.triage.catalogue import FOLDER, KEPT, packed_causes

NUMBERS = Path("build", "numbers")
WITHOUT_LOOPS = bool(os.environ.get("PCAPCHECK_WITHOUT_LOOPS"))
SHARED = "pcapcheck.compiled"
# Less C, from which the loops are no slower: nobody pickles them, copies what they are or binds them to a class.
DIRECTIVES = {"auto_pickle": False, "binding": False, "emit_code_comments": False}


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
        if write_loops():
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
    """Parse the packs into ``parsed/``, a file for each folder of ``rules/``; of causes what they say, checked."""
    parsed = package / "parsed"
    parsed.mkdir(parents=True, exist_ok=True)
    for folder in packs_folder().iterdir():
        if folder.name == FOLDER:
            continue
        (parsed / f"{folder.name}.json").write_bytes(packed_folder(sorted(folder.glob("*.yml"))))
    (parsed / KEPT.name).write_bytes(packed_causes(sorted((packs_folder() / FOLDER).glob("*.yml"))))


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


def write_loops():
    """Write the loops out as C, below ``build``. False if Cython rejects one: that costs only speed."""
    # Here, and once: pip runs this file three times, twice of them only to ask what the package is called and needs.
    from Cython.Build import cythonize
    from Cython.Compiler import Options
    from Cython.Compiler.Errors import CompileError

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
        cythonize(
            [*kernels, Extension(SHARED, ["compiled.c"])],
            build_dir="build",
            include_path=[str(NUMBERS)],
            # Each time: the numbers may have changed where the kernel's own files did not.
            force=True,
            nthreads=writers,
            compiler_directives=DIRECTIVES,
            shared_utility_qualified_name=SHARED,
        )
    except CompileError as error:
        print(f"Cython rejects {error}", file=sys.stderr)
        return False
    return True


def extension(name):
    """What the C compiler makes of the C that ``write_loops`` writes for a loop, or for what they share."""
    written = "compiled.c" if name == SHARED else name.replace(".", "/") + ".c"
    compiled = Extension(name, [f"build/{written}"], optional=True)
    if sys.platform != "win32":
        # The generated C is not debugged, nor are its warnings read. Many a Python was built with -O3 and hands that
        # on: longer to compile, no faster. What the loops share runs once per call of a loop, not once per frame.
        compiled.extra_compile_args = ["-g0", "-w", "-O1" if name == SHARED else "-O2"]
        # Inline what the pxd files declare inline: gcc alone finds it too long and passes views with each call.
        compiled.define_macros = [("CYTHON_INLINE", "__inline__ __attribute__((always_inline))")]
    return compiled


def index_page():
    """README for the index, where the repository's other files are not: no pictures, and links to files as words."""
    text = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    text = re.sub(r":\n\n!\[[^]]*\]\((?!https?:)[^)]*\)", ".", text)
    return re.sub(r"(?<!!)\[([^]]*)\]\((?!https?:)[^)]*\)", r"\1", text)


PAGE = {"long_description": index_page(), "long_description_content_type": "text/markdown"}

if WITHOUT_LOOPS:
    setup(cmdclass={"build_py": BuildPlain}, **PAGE)
else:
    # What they share takes longest: first, so that no processor waits for it in the end.
    setup(ext_modules=[extension(name) for name in (SHARED, *KERNELS)], cmdclass={"build_ext": BuildKernels}, **PAGE)
