"""Notebooks of everything in which a kernel could differ from another one.

Cells stand between lines of dashes; ``# markdown`` or ``# raw`` at the head of one is its type.
"""
# ruff: noqa: E501 -- cells as users write them

from __future__ import annotations

from dataclasses import dataclass

import nbformat

RULE = "\n---\n"
ANY_ORDER = "# any order"
"""Head of cells that write to file descriptors; how that mixes with other text is chance."""

CELLS = r'''import asyncio, contextlib, ctypes, logging, os, subprocess, sys, threading, time, warnings
from IPython.display import (
    HTML, JSON, Image, Markdown, Pretty, SVG, clear_output, display, update_display
)

@contextlib.contextmanager
def heard():  # a stock kernel has a thread read what is written by number; it needs a moment
    yield
    time.sleep(0.5)
1;
---
# markdown
*Words* between cells.
---
print("a"); print("b", file=sys.stderr); print("c")
---
print("flushed", flush=True); print("to stderr", file=sys.stderr, flush=True); print("on")
---
# any order
with heard():
    os.system("echo from a child");
---
!echo shell magic; echo two >&2
---
found = !printf 'x\ny'
found
---
%%bash
echo in bash
echo err >&2
---
%%bash
echo before; exit 7
---
%%script sh
echo "a script"
---
%%sx
echo one; echo two
---
# any order
with heard():
    os.write(1, b"by number\n"), os.write(2, b"by number, to stderr\n")
---
# any order
with heard():
    libc = ctypes.CDLL(None)
    libc.printf(b"from C\n"); libc.fflush(None);
---
# any order
with heard():
    print("before", flush=True); time.sleep(0.5); os.write(1, b"\xff\xfe not utf-8\n")
---
sys.stdout.write("no newline") + sys.stdout.write("é✓\U0001f600\n")
---
sys.stdout.buffer.write(b"bytes")
---
sys.stdout.writelines(["one\n", "two\n"]); sys.stdout.encoding, sys.stdout.writable(), sys.stdin.readable()
---
for done in range(0, 101, 20):
    print(f"\rprogress {done} %", end="")
print("\ndone")
---
for step in range(3):
    sys.stderr.write("\r[" + "#" * step + "]"); sys.stderr.flush()
---
print("\x1b[31mred\x1b[0m\x08\x07\x00|")
---
Image(data=bytes(range(256)) * 8, format="png")
---
Image(data=b"\xff\xd8\xff" + bytes(9), format="jpeg", width=20, alt="two words", metadata={"a": 1})
---
SVG("<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'><g/></svg>")
---
JSON({"a": [1, None, True, {"b": "é"}]}, expanded=True), Pretty("p")
---
display(JSON([1, 2]), HTML("<b>b</b>"), Markdown("*m*"), metadata={"here": 1})
---
h = display("first", display_id="x")
---
h.update("updated by its handle"), h.display_id
---
update_display("second", display_id="x")
---
inner = display("in a loop, 0", display_id=True) and None
loop = display("0", display_id="loop")
for step in range(1, 4):
    loop.update(str(step)); display(f"other {step}", display_id=f"other{step}")
---
display("twice", display_id="x"); update_display("both", display_id="x")
---
update_display("nobody has this id", display_id="unknown")
---
print("gone"); clear_output(); print("stays")
---
print("waits"); clear_output(wait=True); display(Markdown("*later*"))
---
for step in range(4):
    clear_output(wait=True); print("step", step); display(step)
---
print("left alone"); clear_output(wait=True)
---
display({"text/plain": "raw", "application/x-own+json": {"k": [1]}}, raw=True, metadata={"m": True})
---
await asyncio.sleep(0.01)
"after await"
---
async def raising():
    await asyncio.sleep(0)
    raise LookupError("inside")
---
await raising()
---
seen = []
async def long():
    for step in range(4):
        seen.append(step); await asyncio.sleep(0.01)
    return "long is done"
task = asyncio.create_task(long()); task.get_name() != ""
---
await asyncio.sleep(0.2); seen, task.done(), await task
---
await asyncio.gather(*(asyncio.sleep(0.001, k) for k in range(3)))
---
async def counting():
    for number in range(3):
        yield number
async with asyncio.timeout(5):
    print("in an async with")
[k async for k in counting()]
---
async with asyncio.timeout(0.01):
    await asyncio.sleep(5)
---
asyncio.get_running_loop().is_running(), asyncio.current_task() is not None
---
coroutine = asyncio.sleep(0)
try: asyncio.run(coroutine)
finally: coroutine.close()
---
%autoawait
---
%env FOO=1
---
os.environ["FOO"]
---
%env FOO
---
import numpy as np, pandas as pd
pd.DataFrame({"a": range(3), "b": list("xyz")})
---
pd.DataFrame(np.arange(60).reshape(2,30))
---
pd.DataFrame(np.arange(400).reshape(200, 2))
---
with pd.option_context("display.max_rows", 4, "display.precision", 2):
    display(pd.DataFrame({"v": np.linspace(0, 1, 9)}))
pd.get_option("display.max_columns"), pd.get_option("display.notebook_repr_html")
---
pd.set_option("display.float_format", "{:.1f}".format)
pd.DataFrame({"v": [1.234]})
---
pd.reset_option("display.float_format")
pd.Series([1.234], index=pd.Index(["é"], name="i"), name="s")
---
frame = pd.DataFrame({"a": [1, 2], "b": [0.5, None]})
frame.style.set_uuid("fixed").format(precision=1).highlight_max(color="#eee").set_caption("c")
---
frame.style.bar(subset=["a"]).set_table_attributes('class="t"').set_uuid("other").to_html()[:60]
---
frame.info()
---
frame.describe()
---
import matplotlib.pyplot as plt
fig, ax = plt.subplots(); ax.plot([1,2,3]); ax.set_title("t");
---
plt.plot([3,1,2])
---
fig
---
plt.figure(figsize=(2, 1)); plt.show(); print("after show")
---
left = plt.figure(figsize=(1, 1)); print(plt.get_fignums())
---
plt.get_fignums(), plt.get_backend(), plt.isinteractive(), plt.rcParams["figure.dpi"]
---
%config InlineBackend.close_figures = False
kept = plt.figure(figsize=(1, 1)); kept.add_subplot()
---
print(plt.get_fignums())
---
plt.close("all")
%config InlineBackend.close_figures = True
%config InlineBackend.figure_formats = ["svg"]
plt.rcParams["svg.hashsalt"] = "fixed"
fig, ax = plt.subplots(figsize=(2, 1)); ax.plot([1, 2], marker="o"); ax.set_xlabel("é");
---
%config InlineBackend.figure_formats = ["retina", "svg"]
fig, ax = plt.subplots(figsize=(1, 1)); ax.bar([1, 2], [2, 1]);
---
%config InlineBackend.figure_formats = ["png"]
%config InlineBackend.print_figure_kwargs = {"bbox_inches": None}
fig, ax = plt.subplots(figsize=(1, 1))
print("drawn after this text"); fig.text(0.5, 0.5, "now"); display(fig); fig.text(0.1, 0.1, "late");
---
%config InlineBackend
---
%matplotlib inline
plt.figure(figsize=(2,1)); plt.show()
---
%matplotlib --list
---
with plt.style.context("ggplot"):
    plt.subplots(figsize=(1, 1))
plt.rcParams["axes.facecolor"]
---
fig, ax = plt.subplots(figsize=(1, 1)); ax.plot([1, 2]); 1 / 0
---
import seaborn as sns
sns.histplot([1, 1, 2, 3])
---
warnings.warn("careful")
---
for _ in range(3):
    warnings.warn("in a loop")
---
warnings.warn("in a loop")
---
def old():
    warnings.warn("old", DeprecationWarning, stacklevel=2)
old(); old()
---
warnings.warn("shown in main", DeprecationWarning); warnings.warn("later", PendingDeprecationWarning)
---
warnings.simplefilter("always")
for _ in range(2):
    warnings.warn("always")
---
warnings.simplefilter("once")
for _ in range(2):
    warnings.warn("once", FutureWarning)
---
with warnings.catch_warnings():
    warnings.simplefilter("error")
    np.array([1.0]) / np.array([0.0])
---
np.array([1.0]) / np.array([0.0])
---
warnings.resetwarnings(); [str(f[0]) for f in warnings.filters]
---
def f(x): return 1/x
Out[14] if 14 in Out else None
---
"kept"
---
_, __, len(Out) > 3
---
_i, In[1][:6]
---
5;
---
# nothing but a comment
---

---
    
---
%%capture cap
print("captured"); print("err", file=sys.stderr); display("shown")
---
cap.stdout, cap.stderr, len(cap.outputs)
---
cap.show()
---
class R:
    def __repr__(self): return "<R>"
    def _repr_html_(self): return "<b>r</b>"
    def _repr_mimebundle_(self, include=None, exclude=None): return {"text/plain":"p","application/json":{"k":[1,(2,3)],"n":float("inf")}}, {"m":(1,2)}
R()
---
display(R(), R())
---
class Broken:
    def _repr_html_(self): raise ValueError("cannot be shown")
Broken()
---
display(Broken()); print("goes on")
---
class Mute:
    def __repr__(self): raise RuntimeError("no repr")
Mute()
---
class Late:
    def _repr_html_(self): print("printed while shown"); return "<i>late</i>"
Late()
---
class Itself:
    def _ipython_display_(self): display("shows itself"); print("and prints")
Itself()
---
float("nan"), {1,2}, b"x", 1e400, -0.0, {"k": (None, ...)}
---
list(range(2000)), "long" * 300
---
{k: {"nested": [k] * 30} for k in range(6)}
---
print(object.__doc__, type(lambda: 1).__name__)
---
# any order
with heard():
    subprocess.run(["echo","sub"]); subprocess.run("echo piped", shell=True, capture_output=True).stdout
---
# any order
with heard():
    p = subprocess.Popen("echo inherited; echo too >&2", shell=True); p.wait()
---
# any order
with heard():
    subprocess.run([sys.executable, "-c", "print('another python')"]).returncode
---
t=threading.Thread(target=lambda: print("from thread")); t.start(); t.join()
---
gate = threading.Event()
def late():
    gate.wait(); print("from a thread of the cell before", flush=True)
worker = threading.Thread(target=late); worker.start()
---
print("the next cell"); gate.set(); worker.join()
---
def failing(): raise KeyError("in a thread")
t = threading.Thread(target=failing, name="T-failing"); t.start(); t.join()
---
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(lambda k: k * k, range(5))))
---
import multiprocessing as mp
p = mp.get_context("fork").Process(target=lambda: print("in child")); p.start(); p.join()
---
pid = os.fork()
if pid == 0:
    print("in a forked child", flush=True); os._exit(0)
os.waitpid(pid, 0)[1], globals().pop("pid") > 0
---
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(2, mp_context=mp.get_context("fork")) as pool:
    print(list(pool.map(abs, [-1, -2])))
---
with mp.get_context("spawn").Pool(1) as pool:
    print(pool.map(abs, [-3]))
---
with mp.get_context("forkserver").Pool(1) as pool:
    print(pool.map(abs, [-4]))
---
import pickle
class Own:
    value = 3
type(pickle.loads(pickle.dumps(Own()))).__module__, pickle.loads(pickle.dumps(Own())).value
---
import dataclasses, typing
@dataclasses.dataclass
class Point:
    x: int = 1
Point(), typing.get_type_hints(Point)
---
logging.warning("log")
---
logging.basicConfig(level=logging.INFO, force=True, format="%(levelname)s:%(message)s")
logging.info("to the stream"); logging.getLogger("own").error("error"); logging.root.handlers[0].stream is sys.stderr
---
logging.getLogger("traitlets").warning("traitlets"), logging.getLogger("asyncio").warning("asyncio")
---
try:
    1 / 0
except ZeroDivisionError as error:
    raise ValueError("chained") from error
---
logging.exception("outside"); raise ExceptionGroup("group", [ValueError(1), TypeError("two")])
---
try:
    input("?")
except Exception as e: print(type(e).__name__, e)
---
input()
---
import getpass; getpass.getpass()
---
sys.stdin.read(1), sys.stdin.readline()
---
print("slow 1"); time.sleep(.5); print("slow 2", file=sys.stderr); time.sleep(.5); print("slow 3")
---
__name__, __file__ if "__file__" in globals() else None, sys.argv[0].rsplit("/")[-1], os.getcwd() == os.path.abspath("."), sys.path
---
sys.modules["__main__"].__dict__ is globals(), __builtins__, sorted(k for k in globals() if k[0] == "_" and not k[1:].strip("i_0123456789oh"))
---
get_ipython().__class__.__name__, type(sys.stdout).__name__, sys.stdout.isatty(), type(sys.stdin).__name__
---
ip = get_ipython()
"IPKernelApp" in ip.config, ip.colors, ip.autocall, ip.ast_node_interactivity, ip.xmode, ip.execution_count, ip.banner1[:6]
---
type(ip.kernel).__mro__[-1], ip.kernel.implementation, ip.kernel.language_info["name"], ip.kernel.execution_count
---
sorted(ip.display_formatter.formatters), ip.display_formatter.active_types
---
sorted(ip.magics_manager.magics["line"]) == sorted(ip.magics_manager.lsmagic()["line"])
---
%lsmagic
---
%timeit -n1 -r1 -q pass
---
%alias
---
%load_ext autoreload
%autoreload 0
---
%load_ext no_such_extension
---
%reload_ext IPython.extensions.storemagic
---
%%writefile ran.py
import sys
print("in a script", __name__, sys.argv[1:]); left_behind = 5
---
%run ran.py one two
left_behind
---
%%file -a ran.py
raise ValueError("from a file")
---
%run ran.py
---
import no_such_module_at_all
---
%pwd
---
os.getcwd().startswith("/")
---
%cd -q /
%pwd
---
%%python
print("python magic")
---
%%html
<b>magic</b>
---
%%javascript
1
---
%%latex
$a$
---
%%svg
<svg/>
---
%%markdown
*m*
---
%no_such_magic
---
%%no_such_cell_magic
1
---
%page {"a": 1}
---
%pinfo len
---
?len
---
R??
---
len?
---
*int*?
---
%psource old
---
%pdoc len
---
%who_ls int
---
%who str
---
%whos int
---
%history -n 1-2
---
# any order
%rerun 2
---
%macro m1 2
---
m1
---
%save -f saved.py 2
---
%pycat saved.py
---
%load saved.py
---
%precision 3
3.14159
---
%precision
2.5
---
%pprint
[1] * 40
---
%pprint
---
%xmode Plain
---
1 / 0
---
%xmode Verbose
---
(lambda secret: 1 / secret)(0)
---
%xmode Minimal
---
1 / 0
---
%xmode Context
---
%colors NoColor
---
1 / 0
---
%colors Neutral
---
%tb
---
%doctest_mode
1
---
%doctest_mode
---
%automagic
---
%logstate
---
%config IPCompleter
---
%gui
---
%reset_selective -f ^left_behind$
"left_behind" in globals()
---
import contextvars; v=contextvars.ContextVar("v"); v.set(3)
---
v.get()
---
import decimal, locale, gc
decimal.getcontext().prec = 5; decimal.Decimal(1) / 3, locale.getlocale()[1], gc.isenabled(), gc.get_threshold()
---
decimal.Decimal(1) / 7, sys.getrecursionlimit(), sys.flags.dev_mode, sys.getswitchinterval(), sys.dont_write_bytecode
---
import signal
[signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP)]
---
os.umask(os.umask(0o22)), os.nice(0) == os.nice(0), sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))
---
import resource
resource.getrlimit(resource.RLIMIT_STACK), resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_NOFILE)
---
threading.current_thread() is threading.main_thread(), threading.current_thread().name
---
import faulthandler, tracemalloc
tracemalloc.is_tracing(), sys.gettrace(), sys.getprofile(), sys.unraisablehook is sys.__unraisablehook__, sys.breakpointhook is sys.__breakpointhook__, sys.excepthook.__name__, threading.excepthook is threading.__excepthook__
---
class Leaver:
    def __del__(self): raise ValueError("in del")
x = Leaver(); del x
---
async def never(): pass
unawaited = never(); del unawaited; raise NameError("after a coroutine never awaited")
---
from tqdm.auto import tqdm; tqdm.__module__
---
from tqdm import tqdm as plain
for _ in plain(range(3), bar_format="{l_bar}{bar}|", ncols=20, mininterval=1000): pass
---
import ipywidgets
---
from ipykernel.comm import Comm
c = Comm(target_name="nobody", data={"a": 1}); c.send({"b": 2}, buffers=[b"raw"]); c.close(); type(c).__name__
---
import comm; comm.create_comm(target_name="other").target_name
---
sys.displayhook(5)
---
sys.displayhook(None)
---
from IPython import get_ipython as get
get() is ip, get().run_line_magic("precision", ""), get().user_ns is globals()
---
result = ip.run_cell("print('nested'); 6 * 7"); result.success, result.result
---
ip.run_cell("1 / 0").success
---
ip.run_cell("'silent'", silent=True, store_history=False).result, len(In)
---
ip.ex("nested_name = 1"); ip.ev("nested_name + 1"), nested_name
---
ip.set_next_input("# a suggestion")
---
ip.events.register("post_run_cell", lambda result: print("after the cell:", result.execution_count))
---
print("with a hook")
---
ip.events.callbacks["post_run_cell"].pop(); ip.events.register("pre_execute", lambda: print("before"))
---
ip.events.callbacks["pre_execute"].pop()
---
ip.input_transformers_cleanup.append(lambda lines: [l.replace("SHOUT", "print('shouted')") for l in lines])
---
SHOUT
---
def handler(self, kind, value, tb, tb_offset=None): print("handled:", kind.__name__)
ip.set_custom_exc((ZeroDivisionError,), handler)
---
1 / 0
---
ip.set_custom_exc((), None)
ip.display_formatter.formatters["text/html"].for_type(complex, lambda z: f"<i>{z}</i>"); 1j
---
%%writefile -a ran.py
---
1/0
---
def g():
    return f(0)
g()
---
def g(:
---
  x = 1
 y = 2
---
'no end
---
eval("1 +")
---
exec(compile("def inner():\n    raise OSError(2, 'no such thing')\ninner()", "<made>", "exec"))
---
raise KeyboardInterrupt("by hand")
---
os.kill(os.getpid(), signal.SIGINT); time.sleep(5)
---
await asyncio.sleep(0); raise KeyboardInterrupt
---
sys.exit("a message")
---
sys.exit(3)
---
raise SystemExit
---
raise GeneratorExit
---
class Odd(Exception):
    def __str__(self): raise ValueError("no str")
raise Odd
---
raise Exception("<script>é\x1b[31m\n" + "line\n" * 50)
---
json_like = {"a" * 100: ["b" * 100] * 100}; raise KeyError(json_like)
---
def deep(n): return deep(n + 1) if n < 40 else 1 / 0
deep(0)
---
pd.DataFrame({"a": [1]})["b"]
---
def first():
    try: missing
    except NameError: raise TypeError("second")
first()
---
error = ValueError("noted"); error.add_note("a note"); raise error
---
assert 1 == 2, "unequal"
---
import json; json.loads("{")
---
np.zeros(3) @ np.zeros(4)
---
with open("no such file") as file: pass
---
import duckdb
duckdb.sql("select 1 as a, 'é' as b")
---
duckdb.sql("select * from frame").df()
---
import pyarrow as pa
pa.table({"a": [1, 2]}), pa.cpu_count() > 0
---
sum(np.random.default_rng(3).normal(size=5)), (np.ones((200, 200)) @ np.ones((200, 200))).sum()
---
import statsmodels.formula.api as smf
smf.ols("y ~ x", pd.DataFrame({"x": [1, 2, 3, 4], "y": [1, 3, 2, 5]})).fit().params
---
import random
random.seed(5); random.random(), np.random.seed(5), np.random.rand()
---
import this
---
help(f)
---
import inspect
inspect.getsource(raising), inspect.getsource(Point)
---
from __future__ import annotations
---
def unknown(x: NoSuchType) -> AlsoUnknown: ...
unknown.__annotations__
---
breakpoint()
---
import pdb; pdb.Pdb.__module__, sys.breakpointhook.__name__
---
%debug
---
faulthandler.is_enabled()
---
# any order
with heard():
    print("to the first stdout", file=sys.__stdout__, flush=True); sys.stdout.fileno() > 2, sys.__stdout__.fileno()
---
# any order
with heard():
    print("still here"); os.system("echo and here");
---
os.isatty(0), os.isatty(1), sys.stdin.isatty(), __import__("shutil").get_terminal_size()
---
# any order
with heard():
    subprocess.run("cat; echo end of input", shell=True).returncode
---
# any order
with heard():
    await (await asyncio.create_subprocess_exec("echo", "from asyncio")).wait()
---
process = await asyncio.create_subprocess_shell("echo piped; exit 3", stdout=subprocess.PIPE)
(await process.communicate())[0], process.returncode
---
await asyncio.to_thread(print, "to a thread"), await asyncio.get_running_loop().run_in_executor(None, abs, -1)
---
asyncio.get_running_loop().call_later(0.05, print, "called later"); print("not yet")
---
await asyncio.sleep(0.2); print("by now")
---
async def speaking():
    for step in range(3):
        print("step", step); display(step); await asyncio.sleep(0.02)
speech = asyncio.create_task(speaking())
---
await speech; print("heard")
---
async def failing_later(): raise ZeroDivisionError("nobody asks")
forgotten = asyncio.create_task(failing_later())
---
await asyncio.sleep(0.05); del forgotten; gc.collect() >= 0
---
from tornado.ioloop import IOLoop
IOLoop.current().asyncio_loop is asyncio.get_running_loop(), asyncio.get_event_loop() is asyncio.get_running_loop()
---
raise asyncio.CancelledError("by hand")
---
raise StopIteration(1)
---
async with asyncio.TaskGroup() as group:
    group.create_task(failing_later())
---
def alarm(*_): raise TimeoutError("alarm")
before = signal.signal(signal.SIGALRM, alarm); signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(5)
---
timer = threading.Timer(0.01, print, ["from a timer"]); timer.start(); timer.join()
---
display("only plain", include=["text/plain"]); display(R(), exclude=["text/html"])
---
from IPython.display import IFrame, display_html, publish_display_data
display_html("<i>raw</i>", raw=True); publish_display_data({"text/plain": "published"}, {"text/plain": {"m": 1}}); IFrame("a.html", 1, 2)
---
%%capture --no-stderr only
print("gone"); print("seen", file=sys.stderr)
---
%%bash --out shell_out --err shell_err
echo kept; echo err >&2
---
shell_out, shell_err
---
%%bash --bg --out background
echo in the background
---
import __main__; __main__.shell_out == shell_out, __main__.__dict__ is globals(), getattr(__main__, "__file__", None), __main__.__spec__
---
locale.setlocale(locale.LC_ALL, ""), time.tzname, sys.getfilesystemencoding(), sys.flags
---
tempname = __import__("tempfile").gettempdir(); os.path.isdir(tempname), sys.pycache_prefix, sys.platform
---
import traceback
try:
    raising.missing
except AttributeError:
    traceback.print_exc()
---
sys.excepthook(ValueError, ValueError("by the hook"), None)
---
threading.excepthook.__name__, threading.main_thread().daemon
---
display(*[Markdown(str(k)) for k in range(30)])
---
for k in range(30):
    print(k); print(k, file=sys.stderr)
---
print("a", end=""); display(1); print("b", end=""); display(2); print("c")
---
print("before a figure"); plt.figure(figsize=(1, 1)).add_subplot(); plt.show(); print("after it")
---
import io; print(*io.StringIO("x\r\ny\rz"), sep="|")
---
ip.history_manager.session_number > 0, list(ip.history_manager.get_range(0, 1, 2))
---
ip.kernel.no_such_thing
---
ip.parent is ip.kernel, ip.kernel.session.session != "", ip.kernel.shell is ip
---
ip.display_pub.topic, ip.displayhook.topic[-15:], ip.kernel.ident != ""
---
ip.kernel.log.name, ip.kernel.log.level, ip.kernel.log.propagate
---
logging.getLogger().handlers, sorted(n for n in logging.root.manager.loggerDict if logging.getLogger(n).level) 
---
[frame.name for frame in traceback.extract_stack()][-12:]
---
import atexit
atexit.register(print, "never seen"); None
---
nowhere = open(os.devnull, "w"); sys.stdout = nowhere
print("lost")
---
sys.stdout = sys.__stdout__; nowhere.close()
print("to the log")
---
from IPython.utils.io import capture_output
import io, contextlib
text = io.StringIO()
with contextlib.redirect_stdout(text): print("redirected")
with capture_output() as captured: print("captured"); display(1)
text.getvalue(), captured.stdout
---
del Out[list(Out)[0]]; len(In) > 100
---
# raw
raw text
---
print("x" * 1_500_000)
---
for number in range(20_000):
    print(number)
---
"y" * 1_200_000
---
"the end"'''


@dataclass(frozen=True)
class Case:
    """A cell that shows something else in a forked kernel, and why; before it, those that it needs."""

    reason: str
    cells: str


DIFFERENT = (
    Case(
        "a child process that opens /dev/stdout empties the file that stands for it",
        """import os, time
---
# any order
os.system("echo one > /dev/stdout; echo two > /dev/stdout; echo three"); time.sleep(0.5)""",
    ),
    Case(
        "the stack is some frames deeper",
        """import sys
---
def depth():
    frame, n = sys._getframe(), 0
    while frame: frame, n = frame.f_back, n + 1
    return n
depth()""",
    ),
    Case("there are no threads for sockets", "import threading; threading.active_count()"),
    Case("the libraries of reports are loaded", "import sys; 'statsmodels' in sys.modules"),
    Case(
        "there is no application, and none of its configuration",
        "from ipykernel.kernelapp import IPKernelApp; IPKernelApp.initialized()",
    ),
    Case("nobody but the runner watches it", "import os; 'JPY_PARENT_PID' in os.environ"),
    Case(
        "half a surrogate is replaced; a stock kernel shows its own traceback in the place of text",
        "print('half a pair \\ud83d')",
    ),
)


def notebook(cells: str) -> nbformat.NotebookNode:
    """Return a notebook; each cell is named after its place."""
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    for number, source in enumerate(cells.split(RULE)):
        kind = {"# markdown": "markdown", "# raw": "raw"}.get(source.partition("\n")[0], "code")
        cell = getattr(nbformat.v4, f"new_{kind}_cell")(source, id=f"c{number}")
        if kind == "code":
            cell.metadata["tags"] = ["raises-exception"]
        made.cells.append(cell)
    return made
