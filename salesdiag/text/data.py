"""Sentences about the data: what is wrong with them, what was dropped, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from salesdiag.text import N_, Template

UNKNOWN_SETTING = N_("company.toml has a setting `{setting:text}` that is not known.")
WRONG_SETTING = N_("company.toml: `{setting:text}` is {value:text}, allowed are {allowed:list}.")
WRONG_TYPE_SETTING = N_(
    "company.toml: `{setting:text}` is {value:text}, it must be {expected:text}."
)
NO_VARIABLE = N_("The environment has no variable {name:text}, which was to name the data.")
SETTING_REMEDY = N_("Correct or remove the line in company.toml.")

MORE = N_(
    "{count:int} more row: {problem:text}", "{count:int} more rows: {problem:text}", count="count"
)

NO_SOURCE = N_("There is no data at {source:text}. Name a folder, a file or a database URL.")
NOT_A_SOURCE = N_(
    "{source:text} is neither a folder of tables nor a DuckDB or SQLite file. "
    "Name the folder that the tables lie in."
)
NOT_UTF8 = N_("it is not saved as UTF-8")
UNREADABLE_SOURCE = N_("{source:text} cannot be read: {reason:text}. Nothing was changed.")
NO_SQLALCHEMY = N_(
    "A database URL needs the optional part `database`: pip install 'salesdiag[database]'. "
    "Nothing was changed."
)
UNUSABLE = N_(
    "The data at {source:text} cannot be used: {count:int} problem. Nothing was changed.",
    "The data at {source:text} cannot be used: {count:int} problems. Nothing was changed.",
    count="count",
)
AT_TABLE = N_("{table:name}: {problem:text} {remedy:text}")
AT_COLUMN = N_("{table:name}.{column:name}: {problem:text} {remedy:text}")
AT_ROW = N_("{table:name}.{column:name}, row {row:int}: {problem:text} {remedy:text}")


@dataclass(frozen=True)
class Fault:
    """A kind of problem: what is wrong, and what to do."""

    problem: Template
    remedy: Template


FAULTS: dict[str, Fault] = {
    # files
    "unreadable": Fault(
        N_("The file {file:name} cannot be read: {reason:text}."),
        N_("Save it again, as CSV in UTF-8 or as Parquet."),
    ),
    "encoding": Fault(
        N_(
            "The file {file:name} is not {encoding:text}; the first wrong byte is in line "
            "{line:int}."
        ),
        N_("Save it as CSV UTF-8, or declare reading.encoding in company.toml."),
    ),
    "no_header": Fault(
        N_("The file {file:name} is empty."),
        N_("Give it a first line with the names of the columns, or remove it."),
    ),
    "twice": Fault(
        N_("The table stands in {files:list}."), N_("Keep one of them and remove the others.")
    ),
    "unknown_table": Fault(
        N_("{file:name} is not a table of the data contract and is not read."),
        N_("Rename it if it is one of {allowed:list}."),
    ),
    "unknown_format": Fault(
        N_("{file:name} is not read: {format:text} is none of the formats that are."),
        N_("Save the table as CSV UTF-8 and remove this file."),
    ),
    "archive": Fault(
        N_("The archive {file:name} holds {n:int} files; it must hold one: {files:list}."),
        N_("Unpack it, or put the one file of the table into it."),
    ),
    "folder": Fault(
        N_("{file:name} is a folder, not a file, and cannot be read."),
        N_("Put its content into one file of that name, or rename the folder."),
    ),
    "inner": Fault(
        N_("The folder {file:name} holds {inside:list}; files in a folder are not read."),
        N_("Put the files of the tables beside company.toml, or move the folder elsewhere."),
    ),
    "dead_link": Fault(
        N_("{file:name} is a link to a file that is not there."),
        N_("Put the file itself in its place."),
    ),
    "parts_differ": Fault(
        N_("{file:name} does not have the columns of {first:name}, in number, order or type."),
        N_("Write all files of the folder with the same columns."),
    ),
    "text_numbers": Fault(
        N_("`{column:text}` holds numbers as text; a table of this size is not read so."),
        N_("Store the column as numbers."),
    ),
    "ragged": Fault(
        N_("The row has more or fewer cells than there are columns; it is left out."),
        N_("Put cells that hold the delimiter into quotation marks."),
    ),
    "open_quote": Fault(
        N_(
            "{file:name}, line {line:int}: a quotation mark opens a cell and is not closed at its "
            "end; what follows would be lost in one cell."
        ),
        N_("Close the mark in this line or remove it; double those that belong to the text."),
    ),
    "same_column": Fault(
        N_("Two columns have the name {column:name}."), N_("Keep one of them, or rename one.")
    ),
    # tables
    "no_table": Fault(
        N_("The table is missing; nothing can be said without it."),
        N_("Add it: one row is {row:text}."),
    ),
    "no_revenue": Fault(
        N_("There are neither orders nor opportunities, so there is no revenue."),
        N_("Add one of the two tables."),
    ),
    "no_rows": Fault(N_("The table has no rows."), N_("Fill it, or remove it.")),
    "switched": Fault(
        N_("There is nothing to use in `orders`: sales are counted from won deals instead."),
        N_(
            'Fill `orders`, or declare revenue_source = "opportunities" in company.toml if deals '
            "are meant."
        ),
    ),
    "declared_out": Fault(
        N_("Left out as the mapping declares: {cause:name}."),
        N_("Nothing, if they are to be left out."),
    ),
    "kept_settings": Fault(
        N_(
            "company.toml was changed after it was imported and is kept; it differs from the "
            "mapping in {settings:list}."
        ),
        N_("Correct company.toml, or remove it and import again."),
    ),
    "no_column": Fault(
        N_("The required column is missing; the table cannot be used."),
        N_("Add the column; there are {present:list}."),
    ),
    "delimiter": Fault(
        N_("The whole header is one column, {column:name}."),
        N_('Declare the delimiter in company.toml: [reading] delimiter = "{mark:text}".'),
    ),
    "unknown_column": Fault(
        N_("The column is not in the data contract and is ignored."),
        N_("Rename it if it is one of {allowed:list}."),
    ),
    "budget": Fault(
        N_("More than half of the rows cannot be used ({lost:int} of {total:int})."),
        N_("Correct what is said of the rows below; most often one cause explains them all."),
    ),
    # cells
    "wrong_type": Fault(
        N_("The column holds {found:text}, not {kind:text}."),
        N_("Store it as {kind:text}."),
    ),
    "empty": Fault(N_("`{column:text}` is empty."), N_("Fill it.")),
    "stripped": Fault(
        N_("Spaces before or after the id are cut off."), N_("Remove them where they come from.")
    ),
    "id": Fault(
        N_("`{column:text}` was stored as a number that is not whole, or too large to be exact."),
        N_("Store ids as text."),
    ),
    "number": Fault(
        N_("`{column:text}` is not a number."),
        N_(
            "Write it like 1234.56; a word that stands for no value can be declared as "
            "reading.null in company.toml."
        ),
    ),
    "number_declared": Fault(
        N_("`{column:text}` is not a number in the declared form."),
        N_(
            'Correct the value, or `decimal` (now "{decimal:text}") and `thousands` '
            '(now "{thousands:text}") under [reading] in company.toml.'
        ),
    ),
    "number_unit": Fault(
        N_("`{column:text}` is a number with something beside it: a sign, a unit or a currency."),
        N_(
            "Write it like -1234.56, in the company's currency, without signs of currency or "
            "percent."
        ),
    ),
    "number_large": Fault(
        N_("`{column:text}` is too large to be added up exactly."), N_("Correct the value.")
    ),
    "number_mark": Fault(
        N_("`{column:text}` has marks that can be read in more than one way."),
        N_("Declare reading.decimal and reading.thousands in company.toml."),
    ),
    "number_ambiguous": Fault(
        N_("In `{column:text}` a point is followed by three digits: decimals or thousands?"),
        N_(
            'Declare reading.decimal in company.toml: "." if they are decimals; '
            '"," with thousands = "." if they are thousands.'
        ),
    ),
    "negative": Fault(N_("`{column:text}` is negative."), N_("Correct the value.")),
    "range": Fault(
        N_("`{column:text}` is outside {low:num} to {high:num}."), N_("Correct the value.")
    ),
    "choice": Fault(
        N_("`{column:text}` is none of the allowed values."), N_("Allowed are {allowed:list}.")
    ),
    "flag": Fault(N_("`{column:text}` is not true or false."), N_("Write true or false.")),
    "date": Fault(
        N_("`{column:text}` is not a date."),
        N_("Write dates like 2025-12-31, or as reading.date_format in company.toml declares."),
    ),
    "date_declared": Fault(
        N_("`{column:text}` is not a date in the declared form {format:text}."),
        N_("Correct the value, or reading.date_format in company.toml."),
    ),
    "date_order": Fault(
        N_("`{column:text}` is a date whose order of day, month and year is not declared."),
        N_('Declare reading.date_format in company.toml, such as "%d.%m.%Y" or "%m/%d/%Y".'),
    ),
    "date_early": Fault(N_("`{column:text}` is a date before 1900."), N_("Correct the date.")),
    "date_late": Fault(
        N_("`{column:text}` is a date after 2199."),
        N_('Correct the date; leave the cell empty for "still".'),
    ),
    "time_zone": Fault(
        N_("`{column:text}` is a time with an offset: the day depends on the place."),
        N_('Declare reading.time_zone in company.toml, such as "Europe/Berlin".'),
    ),
    "time_cut": Fault(
        N_("Times of day are cut off; the day as written counts."),
        N_("Nothing, unless the times are of another time zone."),
    ),
    "quarter_asked": Fault(
        N_("The target of a quarter is dated at the end of a month: of the quarter that ends?"),
        N_(
            'Declare reading.quarter_dates in company.toml: "end" if the date is the end of the '
            'quarter, "before" if the quarter begins after it, "start" if it begins in that month; '
            "or write the quarter's first day."
        ),
    ),
    "quarter_moved": Fault(
        N_("Targets of quarters are dated at the end of a month; they were read as declared."),
        N_("Write the first day of the quarter."),
    ),
    "quota_negative": Fault(
        N_("The target is negative; it is not used."), N_("Correct it, or remove the row.")
    ),
    "quota_zero": Fault(
        N_(
            "Targets of 0 are read as no target: what is sold in their months stands in neither "
            "sum of the attainment."
        ),
        N_("Nothing, if there was no target then."),
    ),
    "daily": Fault(
        N_("The rows are of days; hours of the days of a week were added up ({weeks:int} rows)."),
        N_("Nothing, if they are hours of days."),
    ),
    "currencies": Fault(
        N_("Amounts are in {currencies:list}, the company's currency is {own:text}."),
        N_(
            "Add a table `rates` (currency, period, rate), or set `currency` in company.toml if "
            "all amounts are in one other currency."
        ),
    ),
    "no_rate": Fault(
        N_("The table `rates` has no rate to {own:text} for the month of the amount."),
        N_("Add the rate, or correct the date."),
    ),
    "rate_nothing": Fault(
        N_("The rate is 0 or negative: sales would be nothing."),
        N_("Write the company's currency for one unit."),
    ),
    "converted": Fault(
        N_("Amounts in other currencies were converted to {own:text} by the month's rate."),
        N_("Nothing."),
    ),
    "moved": Fault(
        N_("The period is not named by its first day; it was moved there."),
        N_("Write the first day of the period ({period:text})."),
    ),
    # rows
    "reference": Fault(
        N_("`{column:text}` is not in {refers:list}."),
        N_("Add what is missing there, or correct the id."),
    ),
    "ordered": Fault(
        N_("`{end:text}` is before `{start:text}`."), N_("Correct one of the two dates.")
    ),
    "not_closed": Fault(
        N_("The deal is won or lost and has no `closed_on`."), N_("Fill `closed_on`.")
    ),
    "open_closed": Fault(
        N_("The deal is open and has a `closed_on`, which is not used."),
        N_("Empty it, or move it to `expected_close_on`."),
    ),
    "identical": Fault(N_("The row stands there twice; it counts once."), N_("Remove the copy.")),
    "conflict": Fault(
        N_("Another row has the same {key:list} and other values; the first row is kept."),
        N_("Keep one row; if both are parts of one whole, add them up."),
    ),
    "reopened": Fault(
        N_("The deal stands there more than once; its latest state is kept."),
        N_("Nothing, if it was opened again."),
    ),
    "split": Fault(
        N_(
            "The deal is split: it stands there with several owners and one end; it counts once, "
            "for the owner in the row that is kept."
        ),
        N_("Keep one row, and write who has which share of it into the table `splits`."),
    ),
    "split_of": Fault(
        N_("The row names no order and no deal, or both."), N_("Fill one of the two columns.")
    ),
    "split_sum": Fault(
        N_("The shares of the sale do not add up to 1; it stays with its owner."),
        N_("Correct the shares."),
    ),
    "alike": Fault(
        N_("Some rows are alike in every column; each of them counts."),
        N_("Remove those that are copies."),
    ),
    "two_teams": Fault(
        N_("The person is a rep twice at the same time; the assignment that began later counts."),
        N_("End one assignment before the next begins."),
    ),
    "two_managers": Fault(
        N_("The team has two managers at the same time; the one who began later counts."),
        N_("End one assignment before the next begins."),
    ),
}

KINDS = {
    "id": N_("ids"),
    "text": N_("text"),
    "choice": N_("text"),
    "date": N_("dates"),
    "flag": N_("true or false"),
    "number": N_("numbers"),
    "moment": N_("moments"),
}

WRONG_READING = N_('`reading.{setting:text}` is "{value:text}", which cannot be used.')
READING_HINTS = {
    "decimal": N_('Allowed are "." and ",".'),
    "thousands": N_(
        "Allowed are point, comma, space, apostrophe or nothing, not the same as `decimal`."
    ),
    "time_zone": N_('Write an IANA name such as "Europe/Berlin".'),
    "delimiter": N_("Write the characters that stand between cells, without quotation mark."),
    "quarter_dates": N_('Allowed are "start", "before" and "end".'),
    "encoding": N_('Write the name of an encoding, such as "utf-8" or "cp1252".'),
    "quote": N_("Write one character that is not in the delimiter."),
    "null": N_("Write a word, or a list of words, that stand for a missing value."),
    "date_format": N_('Write a pattern with day, month and year, such as "%d.%m.%Y".'),
}

# a company as it is shown
COMPANY = N_("{name:name}. Teams: {teams:int}; people: {people:int}; rows: {tables:list}.")
COMPANY_ROWS = N_("{table:text} {rows:int}")
LOST = N_(
    "Not used: {rows:int} of {total:int} rows. Rows of sales among them: {sales:int}, with about "
    "{share:pct2} of all sales. `salesdiag check` lists them."
)
LOST_SALES = N_(
    "Not used: {n:int} sale, which carried about {share:pct2} of all sales, and {rows:int} of "
    "{total:int} rows. `salesdiag check` lists them.",
    "Not used: {n:int} sales, which carried about {share:pct2} of all sales, and {rows:int} of "
    "{total:int} rows. `salesdiag check` lists them.",
    count="n",
)
LOST_ROWS = N_(
    "Not used: {rows:int} of {total:int} rows, with {share:pct} of sales. "
    "`salesdiag check` lists them."
)
BLANK = N_(
    "{n:int} sale has no amount and counts as nothing.",
    "{n:int} sales have no amount and count as nothing.",
    count="n",
)
SWITCHED = N_("There are no orders that can be used, so sales are counted from won deals instead.")
LOST_UNREAD = N_(
    "The amount of {n:int} of these sales cannot be read; it counts as an average one.",
    "The amounts of {n:int} of these sales cannot be read; each counts as an average one.",
    count="n",
)
LOST_TOO_MUCH = N_(
    "About {share:pct2} of all sales cannot be used, more than the limit of {limit:pct2}. Mend "
    "what `salesdiag check` lists, raise reading.most_lost in company.toml, or say "
    "--accept-losses: it is then told on every page. Nothing was changed."
)
COLUMN_TABLE = N_("Table")
COLUMN_ROWS = N_("Rows")
COLUMN_CAUSE = N_("Left out because")

# import by a mapping
NO_MAPPING = N_(
    "No shipped mapping fits the files in {source:text}. Name one with --mapping: "
    "a file, or one of {names:list}."
)
UNKNOWN_MAPPING = N_("There is no mapping {name:name}. Name a file, or one of {names:list}.")
WRONG_MAPPING = N_("The mapping {name:name} cannot be used: {faults:text} Nothing was changed.")
MAPPING_KEY = N_("`{key:name}` is not known.")
MAPPING_MISSING = N_("`{key:name}` is missing.")
MAPPING_VALUE = N_("`{key:name}` is {value:name}: {hint:text}")
MAPPING_TEXT = N_("it must be text.")
MAPPING_TEXTS = N_("it must be text, or a list of texts.")
MAPPING_PART = N_("it must be a table.")
MAPPING_ONE_COLUMN = N_("the whole header is one column, {column:name}.")
MAPPING_READING = N_(
    "Rows are counted as in the source file where a table comes from one file, otherwise as the "
    "mapping brings them. What is said of company.toml is declared under [company] and "
    "[company.reading] in the mapping."
)
MAPPING_TABLE = N_("`{table:name}` is not a table of the data contract.")
MAPPING_COLUMN = N_("`{column:name}` is not a column of the data contract.")
MAPPING_SQL = N_("`{where:name}`: {reason:text}.")
MAPPING_JOIN = N_(
    "`{table:name}`: the join makes {after:int} rows out of {before:int}; it must not change them."
)
MAPPING_FILE = N_("There is no file {file:name} in {source:text}. Nothing was changed.")
DEST_IN_USE = N_(
    "{dest:text} is a file, or holds files that an import did not write. Nothing was changed; "
    "name an empty folder."
)
DEST_OVERLAPS = N_(
    "{dest:text} and {source:text} lie within each other. Nothing was changed; "
    "name a folder elsewhere."
)
READ = N_("read")
NOT_USED = N_("not used by the mapping")
RAGGED = N_("left out: more or fewer cells than columns")
LEFT_OUT = N_("left out: {cause:name}")
ADDED_UP = N_("added up with other rows")
ARRIVED = N_("arrived")
