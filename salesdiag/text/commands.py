"""Sentences of the commands: help, progress, refusals, what went wrong and what to do next."""

from salesdiag.text import N_

# Why there is no report of a team

RAISED = N_("{error:text} in cell {cell:int}: {message:text}")
KILLED = N_("killed by signal {signal:int} after {seconds:int} s in cell {cell:int}")
STOPPED = N_(
    "ended with exit code {code:int} after {seconds:int} s in cell {cell:int}. {message:text}"
)
TOO_LONG = N_("ran longer than {limit:num} s, last in cell {cell:int}")
UNEXECUTED = N_("cell {cell:int} was never executed")
REFUSED = N_("the system refused it: {reason:text}")
NO_PAGE = N_("the notebook ran, but no page could be made of it: {error:text}: {message:text}")
LOST_ON_CLUSTER = N_("lost on the cluster: {error:text}: {message:text}")
MARK = N_(
    "**This notebook failed in code cell {cell:int}.** What stands below it was not executed."
)

COLD = N_("Reports were made by ordinary kernels, which takes longer: {reason:text}.")

# Refusals of a run; each leaves everything as it was

TOO_FEW_JOBS = N_("--jobs is {jobs:int}; it must be 1 or more.")
NO_SUCH_ENGINE = N_("There is no engine {engine:text}; there are {known:list}.")
BAD_TIMEOUT = N_("--timeout must be a positive number of seconds, at most {longest:int}.")
NO_DISTRIBUTED = N_(
    "--cluster needs the package distributed. Install it with: pip install 'salesdiag[cluster]'"
)
NO_CLUSTER = N_("No Dask scheduler answers at {address:text}. Nothing was run.")
BLIND_WORKERS = N_(
    "These workers of the cluster do not see the folder of the report: {workers:list}. All must "
    "share its file system. Nothing was run."
)
UNKNOWN_LANGUAGE = N_("There is no language {language:text}; there are {known:list}.")
UNKNOWN_TEAM = N_("There is no team {name:name}. The nearest are {near:list}.")
UNDECLARED = N_(
    "{notebook:text} has no parameter {parameters:list} in its cell tagged `parameters`. It would "
    "go on with its defaults, so nothing was run."
)
PASSWORD_IN_URL = N_(
    "The database URL holds a password, which would stand in every executed notebook. Put the URL "
    "into an environment variable and give its name: env:NAME"
)
NO_PLACE = N_(
    "The report cannot be written to {folder:text}: {reason:text}. Choose another folder with "
    "--out. Nothing was changed."
)
BUSY = N_(
    "Another run (process {pid:text}, since {since:text}) is writing {folder:text}. Wait for it or "
    "choose another folder with --out. Nothing was changed."
)
OUT_IS_FILE = N_("{folder:text} is a file; --out must be a folder. Nothing was changed.")
OUT_HOLDS_DATA = N_(
    "{folder:text} holds the data, so the report cannot take its place. Choose another folder with "
    "--out."
)
FOREIGN_FOLDER = N_(
    "{folder:text} holds something else than a report of ours. Choose another folder with --out; "
    "--force moves what is there aside. Nothing was changed."
)
WOULD_SHRINK = N_(
    "The report in {folder:text} has {n:int} more team ({teams:list}), which this run would "
    "remove. Choose another folder with --out, or say --force. Nothing was changed.",
    "The report in {folder:text} has {n:int} more teams ({teams:list}), which this run would "
    "remove. Choose another folder with --out, or say --force. Nothing was changed.",
    count="n",
)
NOTHING_TO_REPEAT = N_(
    "{folder:text} holds no report of the same data, parameters and version, so its failures "
    "cannot be repeated. Run again without --only-failed."
)
KEPT_ASIDE = N_("What stood there before is now in {folder:text}.")

# Progress and summary of a run

COMPANY = N_("company")
BEGINS = N_("{total:int} report to make", "{total:int} reports to make", count="total")
RESUMES = N_("{done:int} of {total:int} reports are there already; making the rest")
MADE = N_("{done:int}/{total:int} {report:name}: {seconds:num1} s")
FAILED = N_("{done:int}/{total:int} {report:name}: failed, {reason:text}")
DELIVERED = N_("The report is in {folder:text}: open index.html.")
SOME_FAILED = N_(
    "{n:int} report failed; it has no page, its notebook is in failed/. Repeat it with "
    "--only-failed.",
    "{n:int} reports failed; they have no page, their notebooks are in failed/. Repeat them with "
    "--only-failed.",
    count="n",
)
INTERRUPTED = N_("Interrupted. The same command goes on with what is missing.")

# Other commands

KIND_BY_TABLE = N_(
    "This version has no ready mapping for {kind:text}. Export its tables and use: "
    "salesdiag import table SRC DEST --mapping FILE"
)
BAD_EFFECT = N_("--effect is SLUG=VALUE with a number for VALUE, not {effect:text}.")
EFFECT_TWICE = N_("--effect gives {slug:text} twice.")
DEMO_WRITTEN = N_("A company whose truth is known is in {folder:text}.")
IMPORTED = N_("The company is in {folder:text}. Next: salesdiag check {folder:text}")
COUNTED = N_("{done:int} of {total:int} companies counted.")
NO_PROBLEMS = N_("No problems found.")
UNUSABLE = N_("The data cannot be used until the errors above are mended.")
SYSTEM = N_(
    "{place:text}: {reason:text}. The command stopped there; correct the path or its permissions "
    "and repeat it."
)
BUG = N_("This is a mistake in salesdiag, not in your data. Please report what stands above.")

# Help

ABOUT = N_("Tests what is said about sales managers on a company's own data.")
EXIT_CODES = N_(
    "Exit codes: 0 done, 1 some teams failed (the rest are delivered), 2 wrong arguments, 3 the "
    "data cannot be used. SALESDIAG_DEBUG=1 shows where an error came from."
)
HELP = {
    "demo": N_("write a company whose truth is known"),
    "import": N_("map other tables onto the data contract"),
    "check": N_("list every problem of the data at once, and what to do"),
    "claims": N_("list the claims; with DATA, which can be tested and what is missing"),
    "test": N_("test one claim"),
    "run": N_("make the report: a page for each team, one for the company, an index"),
    "calibrate": N_("count how often verdicts are wrong where the truth is known"),
    "DEST": N_("folder to write"),
    "SRC": N_("folder or file with the foreign tables"),
    "KIND": N_("where the tables come from"),
    "DATA": N_("folder of tables, DuckDB or SQLite file, or database URL"),
    "SLUG": N_("a claim, as `salesdiag claims` lists them"),
    "--world": N_("kind of company"),
    "--teams": N_("number of teams"),
    "--reps": N_("reps in a team"),
    "--months": N_("months of data"),
    "--seed": N_("seed of the random numbers"),
    "--effect": N_("plant an effect, in the claim's own unit"),
    "--mapping": N_("TOML file that says which foreign column is which of ours"),
    "--json": N_("print one JSON document and nothing else"),
    "--team": N_("team id"),
    "--out": N_("folder of the report (default: reports/<company>)"),
    "--jobs": N_("how many at a time (default: one per processor)"),
    "--engine": N_("how reports are made: forked (default), or stock, by ordinary kernels"),
    "--cluster": N_("address of a Dask scheduler whose workers see the same files"),
    "--language": N_("language of the report (default: the company's)"),
    "--identify": N_("call people by their names instead of pseudonyms"),
    "--only-failed": N_("run again only what failed in the report that is there"),
    "--force": N_("replace a report of more teams; move a folder that is no report aside"),
    "--timeout": N_("seconds that one notebook may take (default: 600)"),
    "--accept-losses": N_(
        "go on although more of sales cannot be used than reading.most_lost allows"
    ),
    "--dry-run": N_("only list what would run"),
    "--companies": N_("companies in each world"),
    "--cell": N_("kind of company, repeated for several; `all` for every one"),
    "--keep": N_("folder that keeps what is counted, so that an interrupted count goes on"),
}
