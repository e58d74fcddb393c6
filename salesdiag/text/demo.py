"""Sentences about planted companies: what could not be made, and what to do."""

from salesdiag.text import N_

UNKNOWN_EFFECT = N_(
    "No effect can be planted for {unknown:list}. Allowed are {allowed:list}. Nothing was written."
)
WRONG_EFFECT = N_(
    "The effect of {slug:text} is {value:name}; it must be a number between -{limit:num} and "
    "{limit:num}: {unit:text}. Nothing was written."
)
EFFECTS_CLASH = N_(
    "{slugs:list} are readings of one effect; give only one of them. Nothing was written."
)
UNKNOWN_WORLD = N_(
    "There is no world {name:name}. Allowed are {allowed:list}. Nothing was written."
)
WRONG_SIZE = N_(
    "{name:text} must be a whole number from {low:int} to {high:int}, not {value:name}. "
    "Nothing was written."
)
NULL_HAS_NO_EFFECT = N_(
    "Nothing is true in the world `null`, so no effect can be planted in it. Take the world "
    "`demo`. Nothing was written."
)
NOBODY_KEEPS_CLIENTS = N_(
    "In the world {world:name} nobody keeps clients after promotion, so that no effect of doing so "
    "can show. Take the world `promotions`. Nothing was written."
)
NOT_EMPTY = N_(
    "{path:name} is not empty and was not written by this command. It stays as it is. Choose "
    "another folder, or empty it yourself."
)
ADDED_TO = N_(
    "{path:name} is a planted company to which files were added: {files:list}. It stays as it is. "
    "Move them elsewhere first."
)
NOT_A_FOLDER = N_("{path:name} is a file, not a folder. It stays as it is. Choose another name.")
README = N_(
    "# An invented company\n\n"
    "Nobody and nothing here exists: people, teams, clients and figures were drawn by "
    "`salesdiag demo`. What is true in this company was planted and stands in `truth.json`: the "
    "switches that were set, and what effects come out (where that can be worked out) when the "
    "company is simulated twice with the same random numbers, once with an hour of coaching or an "
    "own deal of the manager more. What misleads was planted too: managers coach those who had a "
    "bad month, sell themselves when the team struggles, and do not log everything.\n\n"
    "The command below, with this folder for DEST, writes it again, the same to the last "
    "figure.\n\n"
    "```\n{command:text}\n```\n"
)
