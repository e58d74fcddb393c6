"""The kernel ``salesdiag``: forked kernels over the real protocol, as programs ask for them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import LocalProvisioner
from toy_batch import started_with

from salesdiag.warm import provisioner
from salesdiag.warm.client import ColdError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forks kernels"),
    pytest.mark.filterwarnings("default"),  # of the libraries that talk to kernels
]
BIN = Path(sys.executable).parent
NAME = "salesdiag"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """Runtime folder of this module, with the shared warm process that lives there."""
    folder = tmp_path_factory.mktemp("runtime")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
        yield folder
    for pid in started_with("JUPYTER_RUNTIME_DIR", folder):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for started in provisioner._STARTED:
        started.wait()
        started.stdin.close()
        started.stdout.close()
    provisioner._STARTED.clear()


@pytest.fixture
def kernel(runtime):
    """Kernel and client, ready."""
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=120)
    yield manager, client
    client.stop_channels()
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)


def told(client, code: str) -> str:
    """Return what a cell prints; its error, if it ends in one."""
    said: list[str] = []

    def hear(message):
        content = message["content"]
        said.append(content.get("text") or content.get("evalue") or "")

    # any kernel drops, for a moment, what it is asked right after an error that may stop it
    client.execute_interactive(code, timeout=60, output_hook=hear, stop_on_error=False)
    return "".join(said).strip()


def test_it_is_forked_with_everything_imported(kernel):
    manager, client = kernel
    assert isinstance(manager.provisioner.process, provisioner._Process)
    modules = told(client, "import sys; print({'pandas', 'statsmodels.api'} <= set(sys.modules))")
    assert modules == "True"
    threads = told(client, "import os; print(os.getppid())")
    assert len(list(Path(f"/proc/{threads}/task").iterdir())) == 1


def test_an_interrupt_ends_the_cell_and_nothing_else(kernel):
    manager, client = kernel
    told(client, "kept = 5")
    source = "import time\nprint('runs', flush=True)\ntime.sleep(600)"
    asked = client.execute(source, stop_on_error=False)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "stream":
            break
    manager.interrupt_kernel()
    while (reply := client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != asked:
        pass
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert told(client, "print(kept)") == "5"


def test_a_restart_forgets_everything(kernel):
    manager, client = kernel
    told(client, "import pandas as pd; kept = 5; pd.options.display.max_rows = 7")
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=60)
    said = told(
        client, "import pandas as pd; print('kept' in globals(), pd.options.display.max_rows)"
    )
    assert said == "False 60"


def test_a_killed_kernel_is_seen_to_be_dead(kernel):
    manager, client = kernel
    os.kill(int(told(client, "import os; print(os.getpid())")), signal.SIGKILL)
    end = time.monotonic() + 20
    while manager.is_alive():
        assert time.monotonic() < end
    assert manager.provisioner.process.poll() == -signal.SIGKILL


def test_a_polite_shutdown_ends_the_process(kernel):
    manager, client = kernel
    pid = int(told(client, "import os; print(os.getpid())"))
    manager.shutdown_kernel()
    assert not Path(f"/proc/{pid}").exists()


def test_without_a_warm_process_an_ordinary_kernel_is_started(runtime, monkeypatch):
    def refuse(request):
        raise ColdError("not today")

    monkeypatch.setattr(provisioner, "shared", refuse)
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel()
    try:
        assert isinstance(manager.provisioner, LocalProvisioner)
        assert isinstance(manager.provisioner.process, subprocess.Popen)
        client = manager.client()
        client.start_channels()
        client.wait_for_ready(timeout=120)
        assert told(client, "print(1 + 1)") == "2"
        client.stop_channels()
    finally:
        manager.shutdown_kernel(now=True)


def test_papermill_and_nbval_take_it(runtime, tmp_path):
    cells = [nbformat.v4.new_code_cell("import os\nprint(os.environ.get('SHOWN'))")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(notebook, tmp_path / "asked.ipynb")
    environment = {**os.environ, "SHOWN": "ours"}
    command = [BIN / "papermill", "asked.ipynb", "made.ipynb", "-k", NAME, "--no-progress-bar"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=environment)
    made = nbformat.read(tmp_path / "made.ipynb", as_version=4)
    assert made.cells[0].outputs[0]["text"] == "ours\n"
    command = [
        BIN / "pytest", "-q", "--nbval", f"--nbval-kernel-name={NAME}", "-p", "no:cacheprovider",
        "made.ipynb",
    ]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert "1 passed" in ran.stdout, ran.stdout


def test_jupyterlab_offers_and_starts_it(runtime, tmp_path):
    """The server behind JupyterLab, asked as the page in the browser asks it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        BIN / "jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}",
        "--ip=127.0.0.1", "--IdentityProvider.token=t", f"--notebook-dir={tmp_path}",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as lab:
        try:
            next(line for line in lab.stderr if "/lab?" in line)
            base = f"http://127.0.0.1:{port}"

            def ask(path: str, content: dict | None = None):
                body = None if content is None else json.dumps(content).encode()
                request = urllib.request.Request(f"{base}/api/{path}", body)
                request.add_header("Authorization", "token t")
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.load(answer)

            end = time.monotonic() + 60
            while True:  # it says that it listens a little before it does
                with suppress(urllib.error.URLError):
                    ask("status")
                    break
                assert time.monotonic() < end
            assert NAME in ask("kernelspecs")["kernelspecs"]
            started = ask("kernels", {"name": NAME})
            assert [k["id"] for k in ask("kernels")] == [started["id"]]
            connection = runtime / f"kernel-{started['id']}.json"
            client = BlockingKernelClient(connection_file=str(connection))
            client.load_connection_file()
            client.start_channels()
            client.wait_for_ready(timeout=60)
            assert told(client, "import sys; print('seaborn' in sys.modules)") == "True"
            client.stop_channels()
            client.context.destroy(linger=0)
        finally:
            lab.terminate()
            lab.wait(30)
