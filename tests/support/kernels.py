"""The loops as plain Python next to the compiled ones, in one process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pcapcheck
from pcapcheck.kernels import KERNELS, is_compiled

PACKAGE = Path(pcapcheck.__file__).parent
NOT_COMPILED = "" if is_compiled() else "the loops are not compiled here, so there is only one of each"
COMPILED = {name: import_module(name) for name in KERNELS}
# All that holds a loop: what is imported inside of plain_loops would keep the plain one, or never get it.
USERS = (
    "pcapcheck.pipeline",
    "pcapcheck.links.loss_spread",
    "pcapcheck.paths.path_grouping",
    "pcapcheck.ruleset.row_counting",
    "pcapcheck.report.tables.written_lines",
)
for user in USERS:
    import_module(user)


def load_plain(path: Path, name: str) -> ModuleType:
    """The Python file of a kernel as a module of another name."""
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _load_all() -> dict[str, ModuleType]:
    """Every kernel plain; one that imports from another gets the plain one, which stands before it in KERNELS."""
    loaded: dict[str, ModuleType] = {}
    for name in KERNELS:
        path = PACKAGE.parent / (name.replace(".", "/") + ".py")
        with patch.dict(sys.modules, loaded):
            loaded[name] = load_plain(path, f"plain_{name.rpartition('.')[2]}")
    return loaded


PLAIN = _load_all()


def users() -> Iterator[tuple[ModuleType, str, str]]:
    """Each module that holds a kernel, under which name, and which."""
    names = {id(module): name for name, module in COMPILED.items()}
    for module_name, module in list(sys.modules.items()):
        # The packages hold their modules too, which nobody looks up there.
        if module_name.startswith("pcapcheck.") and not hasattr(module, "__path__"):
            for attribute, value in list(vars(module).items()):
                if id(value) in names:
                    yield module, attribute, names[id(value)]


@contextmanager
def plain_loops() -> Iterator[None]:
    """Within it everything runs the plain loops."""
    with ExitStack() as patches:
        for module, attribute, kernel in list(users()):
            patches.enter_context(patch.object(module, attribute, PLAIN[kernel]))
        yield
