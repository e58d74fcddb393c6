"""Sentences of the pages: titles, captions, notes, actions, what a drawing shows."""

from salesdiag.text import N_

# Titles

DIAGNOSIS = N_("Sales management diagnosis")
CONTENTS = N_("Contents")
SKIP = N_("Skip to the content")
FOUND = N_("What we found")
ACTIONS = N_("What to do")
BESIDE = N_("This team beside the company")
TEAMS = N_("The teams")
CURVE = N_("Should the manager sell?")
CLAIMS = N_("All claims")
UNTOLD = N_("What cannot be told, and what would tell it")
METHODS = N_("Methods and data")
PAGE_TITLE = N_("{subject:name} · {period:text} · sales management diagnosis")

# Header

PERIOD = N_("{start:month} to {end:month}")
OVER = N_("{company:name} · sales management diagnosis")
DATA_TO = N_("data to {end:date}")
TEAM_PEOPLE = N_(
    "{reps:int} rep, managed by {managers:list}",
    "{reps:int} reps, managed by {managers:list}",
    count="reps",
)
TEAM_REPS = N_("{reps:int} rep", "{reps:int} reps", count="reps")
TEAM_COUNT = N_("{teams:int} team", "{teams:int} teams", count="teams")
PSEUDONYMS = N_("people under pseudonyms")
NAMED = N_("people by name: for the team's own use")

# Findings

NOTHING_FOUND = N_(
    "None of the claims could be tested or measured on these data. What is missing is told below."
)
MORE_UNDECIDED = N_(
    "{n:int} more claim was tested and could not be decided either way.",
    "{n:int} more claims were tested and could not be decided either way.",
    count="n",
)
WITHHELD = N_("Withheld: fewer than {n:int} people.")
TEAM_WITHHELD = N_(
    "This team has fewer than {n:int} people, so its own figures are withheld. "
    "What follows is about the whole company."
)
WHOLE_COMPANY_ANSWER = N_("The answer is that of all teams.")

# Actions

ACTIONS_FROM = N_("From: {claim:text}")
ACTIONS_NOTE = N_(
    "These follow from what was found and from nothing else. They are about the team's work, "
    "never a judgement of a person."
)
NO_ACTIONS = N_(
    "Nothing found here justifies an action yet. Changing the way of working on answers this "
    "uncertain would be guessing."
)
DO = {
    ("coaching-hours", "supported"): N_(
        "Protect coaching time: give each rep one more hour a month and take it from other work."
    ),
    ("coaching-hours", "contradicted"): N_(
        "Do not add coaching hours for now; look first at what the present hours are spent on."
    ),
    ("coaching-quality", "supported"): N_(
        "Before adding sessions, agree what each session is about and how it will be practised."
    ),
    ("weekly-one-on-one", "supported"): N_(
        "Put a weekly one-on-one with every rep into the calendar, beginning where it has lapsed."
    ),
    ("weekly-one-on-one", "contradicted"): N_(
        "Do not hold one-on-ones for the rhythm's sake: hold them when there is something to do."
    ),
    ("precall-postcall", "supported"): N_(
        "Prepare deals together before the call and talk them over afterwards."
    ),
    ("selling-helps", "supported"): N_(
        "Let the manager keep a few own clients; watch the other reps' sales while it lasts."
    ),
    ("selling-hurts", "supported"): N_(
        "Hand the manager's open deals to reps, those that close last first."
    ),
    ("one-deal-a-quarter", "supported"): N_(
        "Keep the manager's own deals within the limit of one a quarter."
    ),
    ("three-month-handover", "supported"): N_(
        "Set a day by which the last of the manager's clients is handed over."
    ),
    ("handover-keeps-clients", "supported"): N_(
        "Hand the manager's clients over, one by one, each with a new owner and a date."
    ),
    ("deal-rescue", "supported"): N_("Bring the manager into open deals earlier."),
    ("deal-rescue", "contradicted"): N_(
        "Leave open deals with their rep; coach before the call instead of joining it."
    ),
    ("no-doing-it-for-them", "supported"): N_(
        "Join deals in order to coach, and leave the closing with the rep."
    ),
    ("reps-copy-boss", "supported"): N_(
        "Show what is wanted: what the manager does in the field is taken over by the team."
    ),
    ("means-not-ends", "supported"): N_(
        "Talk in reviews about what was done, not only about what came out of it."
    ),
    ("top-versus-average", "supported"): N_(
        "Practise as a team the behaviours that were confirmed, one at a time."
    ),
    ("role-clarity", "supported"): N_(
        "Write down for each role what is expected and by which figure it is seen."
    ),
    ("kpi-rhythm", "supported"): N_(
        "Review meetings, proposals, wins and pipeline every week, with the same sheet."
    ),
    ("leading-indicators", "supported"): N_(
        "Watch discovery and proposal meetings week by week: sales follow them."
    ),
    ("satisfaction-keeps-clients", "supported"): N_(
        "Ask clients how satisfied they are and call first those whose answer fell."
    ),
    ("focus-on-segments", "supported"): N_("Say no earlier to deals outside the target segments."),
    ("price-to-value", "supported"): N_(
        "Work out with the client what the offer is worth before naming a price."
    ),
    ("programme-beats-market", "supported"): N_(
        "Take part in the programme, and note the start so that its effect can be followed."
    ),
}

# The team beside the company

FIGURE = N_("Figure")
THIS_TEAM = N_("This team")
COMPANY = N_("Company")
LOWER_QUARTER = N_("Lower quarter")
MIDDLE = N_("Middle")
UPPER_QUARTER = N_("Upper quarter")
TEAMS_DRAWN = N_("{n:int} teams")
BESIDE_CAPTION = N_("{period:text}: this team and the middle of the company")
TEAMS_CAPTION = N_("{period:text}: where the teams lie, without names")
POSITION = {
    "low": N_("{figure:text}: {value:text}; a quarter of the teams or fewer lie lower."),
    "middle": N_("{figure:text}: {value:text}; within the middle half of the teams."),
    "high": N_("{figure:text}: {value:text}; a quarter of the teams or fewer lie higher."),
}
SPREAD = N_("{figure:text}: the middle half of {n:int} teams lies from {low:text} to {high:text}.")
NO_POSITION = N_("{figure:text}: no position can be shown.")
LUCK = N_(
    "Each dot is a team of the company, without its name. Between teams this small most "
    "differences are luck; only what stands among the findings is more than that."
)
FEW_TEAMS = N_(
    "With fewer than {n:int} teams of at least {n:int} people the other teams are not drawn, "
    "so that none can be recognised."
)
NO_FIGURES = N_("These data hold none of the figures by which teams are laid side by side.")
PART_MISSING = N_("Not shown, because the records are missing: {figures:list}.")

ATTAINMENT = N_("Plan attainment")
WIN_RATE = N_("Win rate")
COACHING_HOURS = N_("Coaching, hours per rep a month")
COACHING_SHARE = N_("Manager's logged time on coaching")
SELLING_TIME = N_("Manager's logged time on own selling")
OWN_SHARE = N_("Share of sales that is the manager's own")
ACTIVE_SHARE = N_("Clients that buy in a month")

# Should the manager sell

READS_HELPS = N_("One article says:")
READS_HURTS = N_("Others say:")
ONE_CURVE = N_("Both are read off the same curve: one estimate, two claims.")
NO_CURVE = N_("The curve cannot be drawn from these data.")
NOT_ASKED = N_("This question was not part of the run.")
CURVE_CAPTION = N_(
    "Sales of the other team members by the manager's own deals, compared with the same "
    "manager selling nothing. Bars at the foot: how often each was seen."
)
CURVE_X = N_("manager's own deals a quarter")
TEAM_MARKED = N_("this team")

# Claims

SAYS = N_("Said in article {sources:list}:", "Said in articles {sources:list}:", count="n")
DRAWN_BEFORE = N_("Drawn, with its numbers, under “{claim:text}”.")
TEAM_LINE = N_("This team {team:text}; all teams {company:text}")
CHECKS = N_("Checks")
CHECK_PASSED = N_("passed")
CHECK_FAILED = N_("failed")
CHECK_INFORMS = N_("for information")
PUBLISHED = N_("Published: {value:text}, {source:text} (evidence grade {grade:text}).")
RESTS_ON = N_("Rows used: {n:int}; independent groups: {groups:int}.")
CORRECTED = N_("After correction for all tests of the run q = {q:num}.")
SMALLEST = N_("With 80 % power these data would show an effect of {mde:text}.")
TABLE_CAPTION = N_("The numbers behind: {claim:text}")
ROWS_LEFT_OUT = N_(
    "{n:int} more row is in the data file of this run.",
    "{n:int} more rows are in the data file of this run.",
    count="n",
)
NO_CLAIMS = N_("No claim was part of this run.")
BRIDGE_CAPTION = N_(
    "The parts add up exactly. They are drawn to scale; the two totals may be cut short."
)
ATTAINMENT_CAPTION = N_("Result against plan; the upright line is the plan.")
YES, NO = N_("yes"), N_("no")
HEADS = {
    "month": N_("month"),
    "quarter": N_("quarter"),
    "hours": N_("hours logged"),
    "coaching_share": N_("on coaching"),
    "revenue": N_("team's sales"),
    "manager_revenue": N_("manager's own sales"),
    "manager_deals": N_("manager's own deals"),
    "own_selling_share": N_("manager's share"),
    "groups": N_("groups"),
    "value": N_("estimate"),
    "low": N_("from"),
    "high": N_("to"),
    "n": N_("seen"),
    "dose": N_("own deals a quarter"),
    "rep_id": N_("rep"),
    "person_id": N_("person"),
    "manager_id": N_("manager"),
    "owner_id": N_("owner"),
}

# What cannot be told

UNTOLD_COUNTS = N_(
    "Of {n:int} claims: without the records they need {untestable:int}; with too little evidence "
    "to decide {undecided:int}; without a test in this version {planned:int}."
)
ALL_TOLD = N_("Every claim of this run could be answered.")
CHEAPEST = N_(
    "The next record worth keeping: {record:text}. Alone it would open {n:int} claim.",
    "The next record worth keeping: {record:text}. Alone it would open {n:int} claims.",
    count="n",
)
LACK_RECORDS = N_("Records are missing")
LACK_TEST = N_("No test yet")
LACK_EVIDENCE = N_("Too little to decide")

# Methods

METHODS_USED = N_("How it was estimated")
ROWS_DROPPED = N_("Rows left out")
DROPPED_CAPTION = N_("Rows left out, by table and cause")
TABLE_HEAD = N_("Table")
CAUSE_HEAD = N_("Cause")
ROWS_HEAD = N_("Rows")
LEFT_OUT = N_("Left out: {causes:list}.")
CAUSE_ROWS = N_("{cause:text} ({n:int})")
TABLES = {
    "people": N_("people"),
    "teams": N_("teams"),
    "assignments": N_("assignments"),
    "quotas": N_("quotas"),
    "accounts": N_("clients"),
    "account_owners": N_("client owners"),
    "orders": N_("orders"),
    "opportunities": N_("deals"),
    "stage_events": N_("deal stages"),
    "activities": N_("activities"),
    "coaching": N_("coaching contacts"),
    "team_meetings": N_("team meetings"),
    "time_log": N_("time log"),
    "rep_months": N_("months of reps"),
}
CAUSES = {
    "no_date": N_("without a date"),
    "no_amount": N_("without an amount"),
    "outside_window": N_("outside the months that the data cover"),
    "unknown_team": N_("of a team that is not known"),
    "no_assignment": N_("of somebody who was in no team that day"),
    "in_manager_role": N_("of somebody who was a manager that day"),
    "not_rep_in_month": N_("of somebody who was no rep that month"),
    "incomplete_month": N_("in a month that the data do not cover wholly"),
}
NOTHING_DROPPED = N_("No row was left out.")
HOW_OFTEN_WRONG = N_("How often such answers are wrong")
ERROR_RATES = N_(
    "On companies whose truth is known, {support:pct1} of the claims without effect came out as "
    "supported and {contradiction:pct1} as contradicted."
)
NO_ERROR_RATES = N_("The error rates of this version are in its release notes.")
NOT_FOR_PEOPLE = N_(
    "This report is about ways of working. It must not be used for decisions about single people: "
    "for that the figures are too uncertain and were not made."
)
DATA = N_("Data")
LISTED = N_("{items:list}")
DATA_PERIOD = N_("Complete months: {start:month} to {end:month}.")
FINGERPRINT = N_("Data fingerprint {fingerprint:text}, salesdiag {version:text}.")
MIN_GROUP = N_("Figures of groups of fewer than {n:int} people are withheld.")

# Index

INDEX_TITLE = N_("{company:name} · reports")
REPORTS = N_("Reports")
COMPANY_REPORT = N_("The whole company")
TEAM_REPORTS = N_("Teams")
FAILED = N_("Not delivered")
FAILED_INTRO = N_(
    "{n:int} report could not be made; the others are complete.",
    "{n:int} reports could not be made; the others are complete.",
    count="n",
)
FAILED_TEAM = N_("{team:name}: {reason:text}")
RUN_SUMMARY = N_("Answers for the whole company")
NO_REPORTS = N_("No report was made in this run.")

# Refusals

REFUSE_ERROR = N_(
    "Cell {cell:int} of the notebook ended in an error ({error:name}). No page is made from it; "
    "correct the cause and run the notebook again."
)
REFUSE_NOT_RUN = N_(
    "Cell {cell:int} of the notebook was not run. No page is made from it; run the whole notebook."
)
REFUSE_NO_HEADER = N_(
    "The notebook shows no report header, so there is nothing to make a page of. "
    "Show `report.header(dossier)` first."
)
REFUSE_TWICE = N_("The notebook shows the part `{block:text}` twice; show it once.")
REFUSE_LANGUAGE = N_("There are no texts in the language `{language:name}`, only in {known:list}.")
REFUSE_OTHER = N_(
    "The notebook shows `{shown:name}` where the page of `{wanted:name}` was to be made. No page "
    "is made from it."
)
REFUSE_TEAM = N_("There is no team `{team:name}`; the company has {teams:list}.")

# Drawings

OWN_ALONE = N_("This team alone")
ALL_POOLED = N_("All teams")
SHRUNKEN = N_("This team, given all teams")
ESTIMATE = N_("Estimate")
TOO_SMALL = N_("grey: too small to matter")
ALT_LINE = N_("{label:text} {value:text}")
ALT_INTERVAL = N_("Estimate and interval. {lines:list}.")
ALT_CURVE = N_(
    "Curve. At {first:num}: {at_first:text}; at {last:num}: {at_last:text}. "
    "Observed {n:int} times in all."
)
ALT_SHARES = N_("Shares. {lines:list}.")
ALT_BRIDGE = N_("Parts that add up. {lines:list}.")
ALT_ATTAINMENT = N_("Result against plan. {lines:list}.")
NOTHING_TO_DRAW = N_("The finding on `{claim:text}` holds nothing that can be drawn.")

LABELS = {
    "before": N_("before"),
    "after": N_("after"),
    "clients": N_("clients assigned"),
    "active_share": N_("share that bought"),
    "per_active_client": N_("sales per client"),
    "joined": N_("reps who joined"),
    "left": N_("reps who left"),
    "coaching": N_("coaching"),
    "own_selling": N_("own selling"),
    "admin": N_("administration"),
    "internal_meetings": N_("internal meetings"),
    "strategy": N_("strategy"),
    "other": N_("other"),
}

# Numbers with their range, by unit

RANGES = {
    "change": N_("{value:+pct1} ({low:+pct1} to {high:+pct1})"),
    "points": N_("{value:+num1} points ({low:+num1} to {high:+num1})"),
    "times": N_("{value:num} times ({low:num} to {high:num})"),
    "sd": N_("{value:+num} SD ({low:+num} to {high:+num})"),
    "share": N_("{value:pct} ({low:pct} to {high:pct})"),
    "money": N_("{value:+money} ({low:+money} to {high:+money})"),
    "months": N_("{value:num1} months ({low:num1} to {high:num1})"),
    "number": N_("{value:num} ({low:num} to {high:num})"),
}
SINGLES = {
    "change": N_("{value:+pct1}"),
    "tick": N_("{value:+pct}"),
    "points": N_("{value:+num1} points"),
    "times": N_("{value:num} times"),
    "sd": N_("{value:+num} SD"),
    "share": N_("{value:pct}"),
    "money": N_("{value:+money}"),
    "months": N_("{value:num1} months"),
    "number": N_("{value:num}"),
    "amount": N_("{value:money}"),
    "hours": N_("{value:num1}"),
    "count": N_("{value:int}"),
    "exact_share": N_("{value:pct1}"),
    "day": N_("{value:date}"),
    "month": N_("{value:month}"),
    "quarter": N_("{value:quarter}"),
    "name": N_("{value:name}"),
}

ANOTHER_TEAM = N_("another team")
ANOTHER_PERSON = N_("somebody of another team")
