"""What a report may do to its process: what must not reach others, what must work all the same."""
# ruff: noqa: E501 -- cells as users write them

from __future__ import annotations

POISONS = {
    "builtins": """
import builtins
builtins.len = lambda x: 42
builtins.own = 1
""",
    "environment": """
import os
os.environ.update(HOME='/nowhere', OWN='1', TZ='Asia/Tokyo', LANG='C')
del os.environ['PATH']
import time
time.tzset()
""",
    "folder": """
import os, tempfile
os.chdir('/')
tempfile.tempdir = '/nowhere'
""",
    "path": """
import sys
sys.path.insert(0, '/nowhere')
sys.path_hooks.clear()
sys.meta_path.clear()
sys.argv[:] = ['own']
""",
    "modules": """
import sys, types
sys.modules['pandas'] = types.ModuleType('pandas')
sys.modules['json'] = None
sys.modules['own'] = types.ModuleType('own')
""",
    "pandas": """
import pandas as pd
pd.set_option('display.max_rows', 3)
pd.DataFrame.mean = None
""",
    "matplotlib": """
import matplotlib as mpl, matplotlib.pyplot as plt
plt.style.use('ggplot')
mpl.rcParams['figure.dpi'] = 7
plt.figure()
mpl.use('agg')
plt.plot = None
""",
    "seaborn": """
import seaborn
seaborn.set_theme(font_scale=9)
""",
    "numpy": """
import numpy as np
np.mean = lambda *a: 42
np.seterr(all='raise')
np.set_printoptions(precision=1)
np.random.seed(1)
np.random.get_state = None
""",
    "random": """
import random
random.seed(1)
random.random = lambda: 0.5
""",
    "warnings": """
import warnings
warnings.simplefilter('error')
warnings.showwarning = None
warnings.warn = None
""",
    "logging": """
import logging
logging.basicConfig(level=1, force=True)
logging.disable(50)
logging.getLogger('own').addHandler(logging.NullHandler())
logging.setLoggerClass(logging.Logger)
logging.addLevelName(20, 'OWN')
""",
    "signals": """
import signal
for n in (2, 10, 12, 13, 14, 15, 17): signal.signal(n, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [15])
signal.setitimer(signal.ITIMER_REAL, 600)
""",
    "umask and limits": """
import os, resource
os.umask(0o777)
os.nice(3)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_DATA, (2**40, 2**40))
""",
    "oom": """
open('/proc/self/oom_score_adj', 'w').write('1000')
""",
    "locale": """
import locale
for name in ('C', 'POSIX'): locale.setlocale(locale.LC_ALL, name)
""",
    "decimal": """
import decimal
decimal.getcontext().prec = 3
decimal.DefaultContext.prec = 3
decimal.setcontext(decimal.BasicContext)
""",
    "interpreter": """
import gc, sys, threading
gc.disable()
gc.set_threshold(1, 1, 1)
gc.unfreeze()
sys.setrecursionlimit(2000)
sys.setswitchinterval(1)
sys.settrace(lambda *a: None)
threading.settrace(lambda *a: None)
sys.dont_write_bytecode = True
sys.set_int_max_str_digits(0)
""",
    "hooks": """
import sys, atexit, threading
sys.excepthook = sys.displayhook = sys.unraisablehook = threading.excepthook = None
atexit.register(print)
sys.addaudithook(lambda *a: None)
""",
    "streams": """
import os, sys
sys.stdout.close()
sys.stderr = sys.__stdout__ = sys.__stderr__ = None
os.close(0)
os.close(1)
os.close(2)
""",
    "files": """
import os
kept = [os.open('/dev/null', 0) for _ in range(200)]
""",
    "json": """
import json
json.dumps = json.loads = lambda *a, **k: {}
json.JSONEncoder.default = None
""",
    "jinja": """
import jinja2
from salesdiag.report import page
jinja2.defaults.DEFAULT_NAMESPACE['own'] = 1
jinja2.Environment.autoescape = False
[e.globals.update(own=1) for e in vars(page).values() if isinstance(e, jinja2.Environment)]
""",
    "language": """
from salesdiag import text
text.speak('de', '¥')
vars(text).update(own=1)
""",
    "package": """
import salesdiag.report, salesdiag.settings as s
salesdiag.load = None
s.Settings.own = 1
salesdiag.report.own = 1
""",
    "papermill": """
import papermill, nbclient, nbformat
papermill.execute_notebook = None
nbclient.NotebookClient.execute = None
nbformat.write = None
""",
    "kernel": """
from salesdiag.batch import warmed
warmed._KERNELS[0]._shell_of_user.user_ns['own'] = 1
warmed._KERNELS.clear()
""",
    "shell": """
from IPython import get_ipython
ip = get_ipython()
ip.colors = 'nocolor'
ip.user_ns['own'] = 1
ip.execution_count = 77
ip.events.register('pre_run_cell', print)
ip.display_formatter.formatters.clear()
""",
    "duckdb": """
import duckdb
duckdb.sql('create table own as select 1 as a')
duckdb.sql("set timezone='Asia/Tokyo'")
""",
    "dates": """
import datetime, time
time.sleep = time.time = lambda *a: 0
datetime.datetime = None
""",
    "importing": """
import builtins, importlib
builtins.__import__ = None
importlib.import_module = None
""",
    "opening": """
import builtins, io, os, pathlib
builtins.open = io.open = os.open = pathlib.Path.write_text = None
os._exit = lambda code: None
""",
    "threads": """
import threading
[threading.Thread(target=threading.Event().wait, daemon=d).start() for d in (True, False) for _ in range(5)]
""",
    "raises": """
raise RuntimeError('from a report')
""",
    "recursion": """
def f(): f()
f()
""",
    "leaves": """
import os
os._exit(3)
""",
    "exits": """
raise SystemExit(2)
""",
    "segmentation fault": """
import ctypes
ctypes.string_at(0)
""",
    "abort": """
import os
os.abort()
""",
    "killed": """
import os
os.kill(os.getpid(), 9)
""",
    "terminated": """
import os
os.kill(os.getpid(), 15)
""",
    "becomes another program": """
import os
os.execvp('true', ['true'])
""",
    "group": """
import os
os.killpg(0, 9)
""",
}
"""What changes a process, or ends it."""

LOOK = """
import builtins, datetime, decimal, gc, importlib, io, json, locale, logging, os, random, resource
import signal, sys, tempfile, threading, time, warnings
import duckdb, jinja2, matplotlib as mpl, matplotlib.pyplot as plt, nbclient, nbformat, numpy as np
import pandas as pd, papermill, seaborn
import salesdiag, salesdiag.report, salesdiag.settings
from salesdiag import text
from salesdiag.batch import warmed
from salesdiag.report import page

def names(thing):
    return sorted(k for k in vars(thing) if k != "__warningregistry__")

def whole(thing):
    return {k: repr(getattr(v, "__qualname__", type(v))) for k, v in sorted(vars(thing).items())}

(kernel,) = warmed._KERNELS
shell = kernel._shell_of_user
seen = {
    "environ": dict(sorted(os.environ.items())), "cwd": os.getcwd(), "umask": oct(os.umask(0o22)),
    "tempdir": tempfile.tempdir, "path": sys.path, "argv": sys.argv, "modules": sorted(sys.modules),
    "hooks": [len(sys.path_hooks), len(sys.meta_path)],
    "whole": {m.__name__: whole(m) for m in (
        builtins, datetime, importlib, io, json, logging, np, os, papermill, nbclient, nbformat, pd,
        plt, random, salesdiag, salesdiag.report, text, page, time, warnings, salesdiag.settings,
    )},
    "classes": [names(c) for c in (pd.DataFrame, salesdiag.settings.Settings, jinja2.Environment)],
    "pandas": pd.options.display.max_rows, "frame mean": pd.DataFrame({"a": [1.0, 2]}).mean().a,
    "rcParams": repr(dict(mpl.rcParams)), "figures": plt.get_fignums(),
    "numpy": [repr(np.geterr()), repr(np.get_printoptions()), float(np.mean([1, 3]))],
    "warnings": repr(warnings.filters), "decimal": repr(decimal.getcontext()),
    "logging": [logging.root.level, repr(logging.root.handlers), logging.root.manager.disable,
                sorted(logging.root.manager.loggerDict), logging.getLevelName(20)],
    "signals": [repr(signal.getsignal(n)) for n in range(1, 32)],
    "mask": repr(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "timer": signal.getitimer(0),
    "limits": [resource.getrlimit(n) for n in range(10)], "nice": os.nice(0),
    "locale": [locale.setlocale(locale.LC_ALL), time.tzname],
    "gc": [gc.isenabled(), gc.get_threshold(), gc.get_freeze_count() > 1000],
    "interpreter": [sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace() is None,
                    threading.gettrace() is None, sys.get_int_max_str_digits(),
                    sys.dont_write_bytecode, threading.active_count()],
    "streams": [repr(s) for s in (sys.stdout, sys.__stdout__, sys.excepthook, sys.displayhook)],
    "files": sorted(os.listdir("/proc/self/fd")), "stdin": os.readlink("/proc/self/fd/0"),
    "oom": open("/proc/self/oom_score_adj").read(), "children": os.listdir("/proc/self/task"),
    "jinja": sorted(jinja2.defaults.DEFAULT_NAMESPACE), "duckdb": repr(duckdb.sql("show tables")),
    "shell": [shell.colors, sorted(shell.user_ns), shell.execution_count,
              sorted(shell.display_formatter.formatters), len(shell.events.callbacks["pre_run_cell"])],
}
seen["children"] = len(seen["children"])
open(PATH, "w").write(json.dumps(seen))
"""
"""Writes to ``PATH`` what a process finds."""

ENDLESS = {
    "hangs": """
while True: pass
""",
    "sleeps and hears nothing": """
import signal, time
for n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)
time.sleep(600)
""",
    "is stopped": """
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
""",
    "stops its group": """
import os, signal
os.killpg(0, signal.SIGSTOP)
""",
    "waits for a lock": """
import threading
lock = threading.Lock()
lock.acquire()
lock.acquire()
""",
    "waits for a child": """
import subprocess
subprocess.run(['sleep', '600'])
""",
    "reads for ever": """
import os
read, write = os.pipe()
os.read(read, 1)
""",
    "waits for its threads": """
import threading
t = threading.Thread(target=threading.Event().wait)
t.start()
t.join()
""",
}
"""What never ends."""

LIBRARIES = {
    "numpy": """
import numpy as np
a = np.ones((500, 500))
assert (a @ a).sum() == 500**3
np.linalg.svd(a)
""",
    "scipy": """
from scipy import optimize
assert optimize.minimize(lambda x: (x[0] - 3) ** 2, [0]).x[0] > 2.9
""",
    "duckdb": """
import duckdb
assert duckdb.sql('select sum(range) from range(1000000)').fetchall() == [(499999500000,)]
duckdb.connect().execute('set threads=4')
""",
    "arrow": """
import pyarrow as pa, pyarrow.parquet as pq, io
b = io.BytesIO()
pq.write_table(pa.table({'a': range(10**5)}), b)
b.seek(0)
assert pq.read_table(b, use_threads=True).num_rows == 10**5
""",
    "pandas": """
import pandas as pd
pd.DataFrame({'a': [1]}).to_parquet('a.parquet')
assert len(pd.read_parquet('a.parquet')) == 1
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor as P
with P(8) as p: assert sum(p.map(int, '1' * 100)) == 100
""",
    "processes": """
from concurrent.futures import ProcessPoolExecutor as P
import multiprocessing as m
with P(2, m.get_context('fork')) as p: assert sum(p.map(abs, range(-9, 0))) == 45
""",
    "spawned": """
import multiprocessing as m
with m.get_context('spawn').Pool(1) as p: assert p.map(abs, [-1]) == [1]
""",
    "figures": """
import matplotlib
matplotlib.use('agg')
import matplotlib.pyplot as plt
plt.plot([1, 2])
plt.savefig('a.png')
plt.savefig('a.svg')
""",
    "models": """
import statsmodels.formula.api as f, pandas as pd
f.ols('y ~ x', pd.DataFrame({'x': [1, 2, 3], 'y': [1, 3, 2]})).fit().summary()
""",
    "asyncio": """
import asyncio
asyncio.run(asyncio.sleep(0.001))
""",
    "subprocess": """
import subprocess
assert subprocess.run('echo 1', shell=True, capture_output=True).stdout.strip() == b'1'
""",
    "sqlite": """
import sqlite3
assert sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)
""",
    "hashes": """
import hashlib, ssl
hashlib.sha256(b'').digest()
ssl.create_default_context()
ssl.RAND_bytes(8)
""",
}
"""What uses threads, locks and processes of its own."""
