"""What a warm process imports, as if a notebook had, and what it must not decide for notebooks."""

from __future__ import annotations

import builtins
import gc
import os
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ENVIRONMENT: Mapping[str, str] = {
    **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")},
    # libraries read these once, when they are loaded: without them each starts a thread
    "ARROW_IO_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
"""What must be set before the process starts."""

KERNEL = (
    "IPython.core.completerlib", "IPython.core.logger", "IPython.core.oinspect",
    "IPython.core.pylabtools", "IPython.extensions.storemagic", "IPython.utils.wildcard", "comm",
    "ipykernel.debugger", "ipykernel.eventloops", "ipykernel.ipkernel", "ipykernel.kernelapp",
    "ipykernel.zmqshell", "matplotlib_inline.config",
)  # fmt: skip
STACK = (
    "numpy", "pandas", "scipy.stats", "matplotlib.pyplot", "matplotlib.backends.backend_svg",
    "matplotlib.backends.backend_agg", "seaborn", "statsmodels.api", "statsmodels.formula.api",
    "pyarrow.parquet", "pyarrow.dataset", "duckdb", "pandas.io.formats.html",
    "pandas.io.formats.style",
    # what a first `read_parquet` and a first PNG would import
    "PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PpmImagePlugin",
)  # fmt: skip


class ZMQInteractiveShell:
    """Looks like a kernel's shell to libraries that ask at import where they are."""

    config: Mapping[str, Any] = {"IPKernelApp": {}}
    kernel = SimpleNamespace()


@contextmanager
def as_if_in_kernel() -> Iterator[None]:
    """Let ``get_ipython()`` answer as it does in a kernel.

    pandas, tqdm and others decide by it, once and for all, how they show themselves.
    """
    import IPython
    from IPython.core import getipython

    shell = ZMQInteractiveShell()
    before = getipython.get_ipython
    places: tuple[Any, ...] = (builtins, IPython, getipython)
    for place in places:
        place.get_ipython = lambda: shell
    try:
        yield
    finally:
        IPython.get_ipython = getipython.get_ipython = before
        del builtins.get_ipython  # type: ignore[attr-defined]


@contextmanager
def without_grammar() -> Iterator[None]:
    """Import nbformat without a grammar of addresses that takes over a second to build.

    jsonschema uses it to check the format of internationalised addresses, of which notebooks have
    none; without it that one check is left out.
    """
    name = "rfc3987_syntax"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def load(modules: Iterable[str]) -> None:
    """Import modules as a kernel would, and settle what is to be shared by all children."""
    with without_grammar():
        for name in KERNEL:
            import_module(name)
        with as_if_in_kernel():
            for name in modules:
                import_module(name)
    # decided anew in each child, when it first draws
    sys.modules.pop("matplotlib_inline.backend_inline", None)


def freeze() -> None:
    """Keep the collector from touching, and so copying, what is shared with the children."""
    gc.collect()
    gc.freeze()


def threads() -> int:
    """Return how many threads this process has."""
    return len(list(Path("/proc/self/task").iterdir()))


def reseed() -> None:
    """Give a child its own random numbers; those of its siblings begin in the same state."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def environment() -> dict[str, str]:
    """Return the environment in which a warm process is to be started."""
    return {**os.environ, **ENVIRONMENT}
