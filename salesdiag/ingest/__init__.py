"""Reading data where they lie."""

from salesdiag.ingest.read import Raw as Raw
from salesdiag.ingest.read import read as read
