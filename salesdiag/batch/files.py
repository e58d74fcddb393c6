"""Names of the files in a job's folder, by which a runner and who does the job talk."""

NOTEBOOK, PAGE, RESULT, STATE, LOG = (
    "notebook.ipynb", "page.html", "result.json", "state.json", "log.txt",
)  # fmt: skip
