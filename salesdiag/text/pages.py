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
TEAM_UNTOLD = N_(
    "This holds for all teams together. For this team by itself it cannot be told: given all teams "
    "it is {team:text}, and its own months weigh {weight:pct} in that."
)
TEAM_WEIGHT = N_(
    "All teams: {company:text}; this team given all teams: {team:text}, in which its own months "
    "weigh {weight:pct}."
)
TEAM_ALONE = N_(
    "This team alone: {own:text}; all teams: {company:text}; this team given all teams: "
    "{team:text}, in which its own months weigh {weight:pct}."
)
WITHHELD = N_("Withheld: fewer than {n:int} people.")
TEAM_WITHHELD = N_(
    "This team has fewer than {n:int} people, so its own figures are withheld. "
    "What follows is about the whole company."
)
OF_ALL_TEAMS = N_("The answer is that of all teams.")
WHOLE_COMPANY_ANSWER = N_(
    "The answer is that of all teams: this team's own months are too few to change it."
)

# Actions

ACTIONS_FROM = N_("From: {claim:text}")
ACTIONS_FROM_ALL = N_("From: {claim:text} (all teams together)")
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
        "Keep the manager's own deals within {limit:num} a quarter."
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

EXPECTED = N_("Expect about {money:money} of sales a month ({low:money} to {high:money}).")
COACHED_NOW = N_("Now: {hours:num1} hours per rep a month ({period:text}).")
OWN_DEALS_NOW = N_(
    "Now: {deals:int} own deal ({period:text}).",
    "Now: {deals:int} own deals ({period:text}).",
    count="deals",
)
NO_OWN_DEALS_NOW = N_("Now: no own deal ({period:text}).")
KEEP_OUT = N_("Keep the manager out of own deals.")

# The team beside the company

FIGURE = N_("Figure")
THIS_TEAM = N_("This team")
COMPANY = N_("Company")
LOWER_QUARTER = N_("Lower quarter")
MIDDLE = N_("Middle")
UPPER_QUARTER = N_("Upper quarter")
TEAMS_DRAWN = N_("{n:int} teams")
BESIDE_CAPTION = N_("{period:text}: this team and the whole company")
TEAMS_CAPTION = N_("{period:text}: where the teams lie, without names")
POSITION = {
    "low": N_("{figure:text}: {value:text}; a quarter of the teams or fewer lie lower."),
    "middle": N_("{figure:text}: {value:text}; within the middle half of the teams."),
    "high": N_("{figure:text}: {value:text}; a quarter of the teams or fewer lie higher."),
}
SPREAD = N_("{figure:text}: the middle half of {n:int} teams lies from {low:text} to {high:text}.")
NO_POSITION = N_("{figure:text}: no position can be shown.")
LUCK = N_(
    "Each dot is a team of the company, without its name. Nothing here was tested: between teams "
    "this small such differences can be luck alone."
)
LUCK_OF_MANY = N_(
    "Each dot is a team of the company, without its name; of more than {most:int} teams, "
    "{most:int} dots show how they spread, with equally many between one dot and the next. Nothing "
    "here was tested: between teams this small such differences can be luck alone."
)
FEW_TEAMS = N_(
    "With fewer than {n:int} teams of at least {n:int} people the other teams are not drawn, "
    "so that none can be recognised."
)
NO_FIGURES = N_("These data hold none of the figures by which teams are laid side by side.")
TOTAL_HIDDEN = N_(
    "The company's figure is not shown where it would be about fewer than {n:int} people of other "
    "teams, or fewer than {n:int} managers: {figures:list}."
)
PART_MISSING = N_("Not shown, because the records are missing: {figures:list}.")

ATTAINMENT = N_("Plan attainment")
WIN_RATE = N_("Win rate")
COACHING_HOURS = N_("Hours of coaching per rep a month")
COACHING_SHARE = N_("Manager's logged time on coaching")
SELLING_TIME = N_("Manager's logged time on own selling")
OWN_SHARE = N_("Share of sales that is the manager's own")
ACTIVE_SHARE = N_("Clients that buy in a month")

# Should the manager sell

READS_HELPS = N_("One article says:")
READS_HURTS = N_("Others say:")
READS_LIMIT = N_("And one sets a limit:")
ONE_CURVE = N_("Both are read off the same curve: one estimate, two claims.")
NO_CURVE = N_("The curve cannot be drawn from these data.")
NOT_ASKED = N_("This question was not part of the run.")
CURVE_CAPTION = N_(
    "Sales of the other team members in a quarter by the manager's own deals in it, compared with "
    "quarters in which the same team's manager had none; band: 95%. Bars at the foot: how many "
    "quarters of teams were seen at each. Numbers of deals that too few teams had are not drawn."
)
CURVE_UNSETTLED = N_(
    "The curve shows what stood beside what in these data; it settles neither claim, for the "
    "reason given with each."
)
UNSETTLED = N_("A check failed, so what is drawn here is not an answer.")
CURVE_X = N_("the others' sales by the manager's own deals in the quarter")
TEAM_MARKED = N_("this team now")

# Claims

SAYS = N_("Said in article {sources:list}:", "Said in articles {sources:list}:", count="n")
DRAWN_BEFORE = N_("Drawn, with its numbers, under “{claim:text}”.")
TEAM_LINE = N_("This team, given all teams: {team:text}; all teams: {company:text}")
CHECKS = N_("Checks")
CHECK_PASSED = N_("passed")
CHECK_FAILED = N_("failed")
CHECK_INFORMS = N_("for information")
PUBLISHED = N_("Published: {value:text}. {source:text}. Evidence grade {grade:text}.")
THREATS = N_("What may still be wrong")
CALCULATED = N_("How it was calculated")
METHOD = N_("Method")
INTERVAL = N_("{interval:text}, 95% interval, {df:int} degrees of freedom")
CHANCE = N_("Chance")
P_AND_Q = N_("p {p:text}; after correction over all tests of the run q {q:text}")
NOT_CORRECTED = N_("No correction over the tests of the run: the interval borrows from all teams")
IS = N_("= {value:num}")
LESS_THAN = N_("< {value:num}")
MARGIN = N_("Enough to act on")
SMALLEST = N_("Visible in these data")
OR_MORE = N_("{mde:text} or more, with 80% power at 5%")
PLAIN = N_("The plain figure")
RESTS_ON = N_("{n:int} in {groups:int} independent groups of teams")
ROWS_USED = N_("Rows used")
UNTESTED = N_(
    "{n:int} claim of the register has no test in this version",
    "{n:int} claims of the register have no test in this version",
    count="n",
)
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
    "quarter_from": N_("quarter from"),
    "hours": N_("hours logged"),
    "coaching_share": N_("on coaching"),
    "revenue": N_("team's sales"),
    "manager_revenue": N_("manager's own sales"),
    "manager_deals": N_("manager's own deals"),
    "own_selling_share": N_("manager's share"),
    "groups": N_("groups of teams"),
    "value": N_("estimate"),
    "months_after": N_("months after the hour"),
    "summed": N_("added up from month 1"),
    "low": N_("from"),
    "high": N_("to"),
    "n": N_("quarters seen"),
    "dose": N_("own deals in the quarter"),
    "label": N_("own deals in the quarter"),
    "rep_id": N_("rep"),
    "person_id": N_("person"),
    "manager_id": N_("manager"),
    "owner_id": N_("owner"),
}

# What cannot be told

COUNT_UNTESTABLE = N_(
    "{n:int} claim lacks records or people it needs.",
    "{n:int} claims lack records or people they need.",
    count="n",
)
COUNT_UNDECIDED = N_(
    "{n:int} claim was tested and cannot be decided either way.",
    "{n:int} claims were tested and cannot be decided either way.",
    count="n",
)
COUNT_UNDECIDED_HERE = N_(
    "{n:int} claim was tested and cannot be decided either way for this team by itself.",
    "{n:int} claims were tested and cannot be decided either way for this team by itself.",
    count="n",
)
COUNT_PLANNED = N_(
    "{n:int} more claim of the register has no test in this version; it is named at the end of the "
    "chapter above.",
    "{n:int} more claims of the register have no test in this version; they are named at the end "
    "of the chapter above.",
    count="n",
)
ALL_TOLD = N_("Every claim that was tested could be answered.")
CHEAPEST = N_(
    "The next record worth keeping: {record:text}. Alone it would open {n:int} claim.",
    "The next record worth keeping: {record:text}. Alone it would open {n:int} claims.",
    count="n",
)
ALL_SALES = N_(
    "In all the data, from {start:date} to {end:date}, the reps' sales came to {revenue:exact}; "
    "what managers closed themselves is not in it."
)
ALL_SALES_BUT = N_(
    "In all the data, from {start:date} to {end:date}, the reps' sales came to {revenue:exact}; "
    "what managers closed themselves is not in it, nor the {managing:exact} that they sold as reps "
    "of another team."
)
TEAM_SALES_WITH = N_(
    "In all the data, from {start:date} to {end:date}, the reps' sales came to {revenue:exact}; "
    "{managing:exact} of it was sold by people who managed another team at the time. What the "
    "team's own managers closed is not in it."
)
ALL_SALES_UNKNOWN = N_(
    "The reps' sales are not told: {known:int} of {rows:int} records of sales have an amount "
    "({share:pct1}), and below {least:pct} a total would be too low to be one."
)
ALL_DEALS = N_(
    "Of all closed deals in these data, {won:int} of {closed:int} were won: {rate:pct1}."
)
LACK_RECORDS = N_("Records, months or people are missing")
LACK_EVIDENCE = N_("Tested, but not decided")

# Methods

METHODS_USED = N_("How it was estimated")
VERDICT_RULE = N_("How a verdict comes about")
VERDICT_SAID = N_(
    "The smallest effect worth acting on was declared before the data were seen. An effect is "
    "supported when its whole 95% interval lies on the side the claim expects and the estimate "
    "reaches that size; contradicted likewise on the other side; too small to matter when the "
    "whole 90% interval lies within that size; otherwise it cannot be told. A check that fails "
    "takes the verdict away."
)
FORESIGHT_SAID = N_(
    "Where it is about time that managers give their reps, both ends of the interval are first "
    "moved out by what a little foresight could do: managers giving {floor:num1} minutes more a "
    "month to a rep about to sell 10% more."
)
CAUSES_SAID = N_(
    "Each rep or team is compared with itself in other months, given its earlier results and what "
    "it got before, and months are allowed for. What nobody recorded, and what moves both in the "
    "same month, is not allowed for: that is the doubt which stays."
)
GROUPS_SAID = N_(
    "Teams that ever shared a manager count as one independent group. Uncertainty comes from "
    "leaving out one group at a time, never from counting rows."
)
CORRECTION_SAID = N_(
    "Many tests give some results by luck. q is the p-value after a correction over the {n:int} "
    "test of this run (Benjamini and Hochberg; two readings of one estimate are one test): of "
    "the results with q up to 5%, no more than about one in twenty is expected to be luck.",
    "Many tests give some results by luck. q is the p-value after a correction over the {n:int} "
    "tests of this run (Benjamini and Hochberg; two readings of one estimate are one test): of "
    "the results with q up to 5%, no more than about one in twenty is expected to be luck.",
    count="n",
)
POOLING_SAID = N_(
    "One team's months say little alone. Each team's own estimate is drawn towards that of all "
    "teams: the more, the less its own months say and the more alike the teams are. The weight of "
    "its own months stands beside its answer. A team whose months do not suffice gets the answer "
    "of all teams, and so does every team in the question whether the manager should sell."
)
ROWS_DROPPED = N_("Rows left out")
DROPPED_CAPTION = N_("Rows left out, by step, table or test, and cause")
TABLE_HEAD = N_("Table or test")
CAUSE_HEAD = N_("Cause")
ROWS_HEAD = N_("Rows")
WHEN_READ = N_("while reading")
WHEN_COUNTED = N_("while counting")
WHEN_TESTED = N_("while testing")
STEP_HEAD = N_("When")
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
    "absences": N_("absences"),
    "rep_months": N_("months of reps"),
}
NOTHING_DROPPED = N_("No row was left out.")
HOW_OFTEN_WRONG = N_("How often this kind of verdict is wrong")
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
REFUSE_HANDED = N_(
    "The run left the figures of `{left:name}` where those of `{wanted:name}` were asked for. No "
    "page is made from them."
)
REFUSE_TEAM = N_("There is no team `{team:name}`; near it are {near:list}.")

# Drawings

SIZES = {
    "change": N_("{value:pct1}"),
    "points": N_("{value:num1} points"),
    "sd": N_("{value:num} SD"),
    "money": N_("{value:money}"),
}
"""Sizes of effects that may lie on either side."""

OWN_ALONE = N_("This team alone")
ALL_POOLED = N_("All teams")
SHRUNKEN = N_("This team, given all teams")
ESTIMATE = N_("Estimate")
ADDED_UP = N_("Added up")
MONTH_AFTER = N_("{months:int} month after", "{months:int} months after", count="months")
TOO_SMALL = N_("grey: too small to matter")
ALT_LINE = N_("{label:text} {value:text}")
ALT_INTERVAL = N_("Estimate and interval. {lines:list}.")
ALT_CURVE = N_("Curve. {points:list}. {n:int} quarters of teams are drawn.")
ALT_DOSE = N_("{dose:text}: {value:text}")
ALT_SHARES = N_("Shares. {lines:list}.")
ALT_BRIDGE = N_("Parts that add up. {lines:list}.")
ALT_ATTAINMENT = N_("Result against plan. {lines:list}.")
NOTHING_TO_DRAW = N_("There is nothing to draw. {reason:text}")
NO_RANGE = N_("What was measured is a list, or a figure without a range.")

LABELS = {
    "before": N_("before"),
    "after": N_("after"),
    "clients": N_("clients assigned"),
    "active_share": N_("share that bought"),
    "per_active_client": N_("sales per client"),
    "months_worked": N_("months worked"),
    "per_month": N_("sales per month worked"),
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
