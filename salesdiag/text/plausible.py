"""Sentences about data that can be read and are hardly meant so."""

from __future__ import annotations

from salesdiag.text import N_
from salesdiag.text.data import Fault

DOUBTS: dict[str, Fault] = {
    "far_date": Fault(
        N_(
            "The date is far from all others; the row is outside the period looked at and not used."
        ),
        N_("Correct the date, or declare data_from and data_to in company.toml."),
    ),
    "week_hours": Fault(
        N_(
            "The person's week comes to {hours:num1} hours, more than {most:int}; none of the week "
            "is used."
        ),
        N_("Correct the hours; a row is a person's hours of a week in one category."),
    ),
    "one_category": Fault(
        N_("People have logged one category of time only, so its share cannot be told."),
        N_("Log the other working time as well; what is not logged is missing, not 0."),
    ),
    "long_contact": Fault(
        N_("The contact is longer than a day."), N_("Write minutes, or correct the value.")
    ),
    "sessions": Fault(
        N_(
            "{count:int} contacts of the kind {kind:name} repeat a manager's minutes for several "
            "reps on one day. They are read as one after another, {apart:num1} hours in all; as "
            "sessions of several reps they would be {together:num1} hours."
        ),
        N_(
            'Declare in company.toml: [coaching] shared_kinds = ["{kind:name}"] if they are '
            "sessions, without it if not; or give each session a `session_id`."
        ),
    ),
    "silent": Fault(
        N_(
            "In {count:int} month a manager who otherwise logs contacts logged none with anyone: "
            "{which:list}. Coaching hours of that month are unknown.",
            "In {count:int} months managers who otherwise log contacts logged none with anyone, "
            "such as {which:list}. Coaching hours of these months are unknown.",
            count="count",
        ),
        N_(
            "Were they away? Say so in the table `absences`, and their hours count as 0; otherwise "
            "log what was held."
        ),
    ),
    "no_source": Fault(
        N_("company.toml names {source:name} as the source of revenue, and the table has no rows."),
        N_("Add the table, or remove `revenue_source`."),
    ),
    "small_source": Fault(
        N_(
            "Revenue would be read from {source:name}, {amount:int} in the months that both tables "
            "cover; {other:name} have {others:int} there."
        ),
        N_(
            'Declare in company.toml which is revenue: revenue_source = "orders" or '
            'revenue_source = "opportunities".'
        ),
    ),
    "no_amount": Fault(
        N_(
            "{count:int} of {total:int} records of sales have no amount ({share:pct1} have one; "
            "fewest in {month:month}, {worst:pct1}). They are missing, not 0."
        ),
        N_("Fill the amounts; below {least:pct} sales are not told."),
    ),
    "large_sale": Fault(
        N_("This one sale is {share:pct1} of all sales."),
        N_("Correct the amount, if it is a slip or in another unit or currency."),
    ),
    "high_plan": Fault(
        N_("In {year:text} targets come to {ratio:num} times the sales of those who have them."),
        N_("Correct the targets; most often they are of another period or currency."),
    ),
    "without_quota": Fault(
        N_(
            "In {count:int} months reps sold and had no target though others had one: {share:pct1} "
            "of sales stand in neither sum of the attainment."
        ),
        N_("Add their targets, or leave it if they had none."),
    ),
    "lone_manager": Fault(
        N_("The manager's team has no rep at that time."),
        N_("Correct the team or the dates; in a team of reps the role is `manager`."),
    ),
    "no_team": Fault(
        N_("The person is in no team, so what the person does counts nowhere."),
        N_("Add a row to `assignments`, or remove the person."),
    ),
    "no_place": Fault(
        N_("On that day the person is in no team, so the sale stands in no result."),
        N_("Give the person a row in `assignments` that covers the day, or credit another owner."),
    ),
    "ends_early": Fault(
        N_("The table ends {months:int} months before the others; after it all is missing, not 0."),
        N_("Export it again, or set data_to in company.toml."),
    ),
    "starts_late": Fault(
        N_("The table starts {months:int} months after the others; before all is missing, not 0."),
        N_("Export it from the start, or set data_from in company.toml."),
    ),
    "control": Fault(
        N_(
            "Revenue of {period:name} comes to {found:int}, the control total is {wanted:int} "
            "({gap:+pct1})."
        ),
        N_("Look for rows that are missing or double, or correct [control] in company.toml."),
    ),
}
