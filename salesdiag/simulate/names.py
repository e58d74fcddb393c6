"""Names of invented people, teams and clients, in the scripts that real companies write."""

from __future__ import annotations

PEOPLE = (
    (
        ("Łucja", "Piotr", "Żaneta", "Zdzisław", "Agnieszka", "Świętosława", "Michał", "Bożena",
         "Grzegorz", "Józefina"),
        ("Wójcik", "Gąsior", "Żak", "Ślęzak", "Dąbek", "Łuczak", "Śliwa", "Źrebiec", "Ćwik"),
    ),
    (
        ("Ольга", "Сергей", "Наталья", "Фёдор", "Ирина", "Лев", "Юлия", "Пётр", "Элина", "Глеб"),
        ("Шевченко", "Черных", "Бондаренко", "Седых", "Гончаренко", "Щербак", "Долгих", "Юрко",
         "Живаго"),
    ),
    (
        ("مریم", "آرش", "نیلوفر", "کیان", "شیرین", "پرویز", "ژاله", "بهرام", "گلناز", "سیاوش"),
        ("رستگار", "پارسا", "گلستانی", "چوبک", "فرهمند", "یزدانی", "مهرگان", "کاویان", "ژرف"),
    ),
    (
        ("Chiara", "Niccolò", "Zoë", "Jürgen", "Søren", "Aoife", "José", "Inês", "Thảo", "Ayşe",
         "Jiří", "Hannah", "Omar", "Wei", "Yuki", "Priya", "Kofi", "Leilani"),
        ("Bellandi", "D'Amico", "Müller-Kern", "Østergaard", "O'Rourke", "Núñez", "Gonçalves",
         "Nguyễn", "Yıldız", "Lindqvist", "Whitfield", "Haddad", "Zhang", "Tanaka", "Iyer",
         "Mensah", "Kealoha"),
    ),
)  # fmt: skip
"""Given and family names that go together: Polish, Russian, Persian, others."""
TEAMS = (
    "Harbour", "Orchard", "Lighthouse", "Meadow", "Granite", "Compass", "Juniper", "Falcon",
    "Amber", "Summit", "River", "Beacon", "Saffron", "Atlas", "Willow", "Cobalt", "Aurora",
    "Quarry", "Heron", "Maple",
)  # fmt: skip
REGIONS = ("North", "South", "East", "West", "Centre", "Coast", "Islands", "Overseas")
_CLIENT_FIRST = (
    "Blue", "Old", "Bright", "Grey", "Green", "First", "Royal", "Silver", "Fair", "Stone", "High",
    "North", "Clear",
)  # fmt: skip
_CLIENT_LAST = (
    "mill", "brook", "field", "gate", "ridge", "port", "wood", "bridge", "haven", "ford", "croft",
)  # fmt: skip


def person(number: int) -> str:
    """Return the name of the ``number``-th person; names repeat after some hundreds.

    Examples
    --------
    >>> person(0)
    'Łucja Wójcik'
    """
    given, family = PEOPLE[number % len(PEOPLE)]
    turn, first = divmod(number // len(PEOPLE), len(given))
    return f"{given[first]} {family[(first + turn) % len(family)]}"


def team(number: int) -> str:
    """Return the name of the ``number``-th team.

    Examples
    --------
    >>> team(0), team(20)
    ('Harbour', 'Harbour 2')
    """
    turn = number // len(TEAMS)
    return TEAMS[number % len(TEAMS)] + (f" {turn + 1}" if turn else "")


def region(number: int) -> str:
    """Return the name of the ``number``-th region."""
    turn = number // len(REGIONS)
    return REGIONS[number % len(REGIONS)] + (f" {turn + 1}" if turn else "")


def client(number: int) -> str:
    """Return the name of the ``number``-th client.

    Examples
    --------
    >>> client(0), client(150)
    ('Bluemill', 'Silverbridge 2')
    """
    first = _CLIENT_FIRST[number % len(_CLIENT_FIRST)]
    last = _CLIENT_LAST[number % len(_CLIENT_LAST)]
    turn = number // (len(_CLIENT_FIRST) * len(_CLIENT_LAST))
    return first + last + (f" {turn + 1}" if turn else "")
