"""Names, units and formulas of the field's terms, and why rows count nowhere."""

from salesdiag.text import N_

UNITS = {
    "money": N_("money"),
    "money_per_day": N_("money a day"),
    "share": N_("share"),
    "ratio": N_("ratio"),
    "days": N_("days"),
    "months": N_("months"),
    "people": N_("people"),
}

NAMES = {
    "revenue": N_("Revenue"),
    "attainment": N_("Quota attainment"),
    "win_rate": N_("Win rate"),
    "average_deal_size": N_("Average deal size"),
    "sales_cycle": N_("Sales cycle"),
    "velocity": N_("Sales velocity"),
    "pipeline_coverage": N_("Pipeline coverage"),
    "stage_conversion": N_("Stage conversion"),
    "slippage": N_("Slippage"),
    "discount": N_("Discount"),
    "price_realisation": N_("Price realisation"),
    "active_share": N_("Active share of clients"),
    "revenue_per_active_account": N_("Revenue per active client"),
    "gross_revenue_retention": N_("Gross revenue retention"),
    "net_revenue_retention": N_("Net revenue retention"),
    "logo_retention": N_("Client retention"),
    "ramp_time": N_("Ramp time"),
    "span_of_control": N_("Span of control"),
    "own_selling_share": N_("Manager's own share of revenue"),
    "one_on_one_adherence": N_("One-on-one adherence"),
    "coaching_share_of_time": N_("Coaching share of manager time"),
    "attrition": N_("Attrition"),
    "share_change": N_("Change of market share"),
}

FORMULAS = {
    "revenue": N_("sum of orders, or of won deals where there are no orders"),
    "attainment": N_("revenue / quota"),
    "win_rate": N_("won / (won + lost), by closing date"),
    "average_deal_size": N_("amount of won deals / won deals"),
    "sales_cycle": N_("median days from creation to closing of won deals"),
    "velocity": N_("open deals × win rate × average deal size / sales cycle"),
    "pipeline_coverage": N_("open pipeline due in the period / (quota − revenue so far)"),
    "stage_conversion": N_("deals that went on from the stage / deals that left it"),
    "slippage": N_("deals due in the period and not closed by its end / deals due in it"),
    "discount": N_("1 − amount / list amount"),
    "price_realisation": N_("amount / list amount"),
    "active_share": N_("clients with a sale in the period / clients assigned"),
    "revenue_per_active_account": N_("revenue / clients it came from"),
    "gross_revenue_retention": N_(
        "revenue kept from the clients of a year before, growth not counted / their revenue then"
    ),
    "net_revenue_retention": N_("revenue from the clients of a year before / their revenue then"),
    "logo_retention": N_("clients of a year before that still buy / clients then"),
    "ramp_time": N_("months from hiring to the first run of months at a share of quota"),
    "span_of_control": N_("days of reps under a manager / days of managers in the role"),
    "own_selling_share": N_("the manager's own revenue / (the team's + his own)"),
    "one_on_one_adherence": N_("weeks with a one-on-one / weeks as a rep"),
    "coaching_share_of_time": N_("hours of coaching / all hours logged"),
    "attrition": N_("exits / average headcount of the period"),
    "share_change": N_("(1 + growth of the firm) / (1 + growth of the market) − 1"),
}

CAUSES = {
    "no_date": N_("without a date"),
    "no_amount": N_("without an amount, so missing in every sum"),
    "outside_window": N_("outside the period that the data cover"),
    "impossible_week": N_("of weeks with more hours than a person can work"),
    "unknown_team": N_("of people in teams that the list of teams does not have"),
    "no_assignment": N_("of people without a place in any team that day"),
    "in_manager_role": N_("of people who were not reps that day"),
    "not_rep_in_month": N_("of people who were not reps that month"),
    "incomplete_month": N_("in months that the data cover only in part"),
}
"""Causes of :func:`salesdiag.panel.dropped`."""
