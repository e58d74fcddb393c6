"""Write stored_p_values.csv anew; run it where simulator or estimators are meant to change."""

from pathlib import Path

import pandas as pd

from salesdiag.calibrate import trial

WORLDS = {
    **dict.fromkeys(
        ["W0", "W1", "W2", "W2b", "W3", "W3b", "W4", "W4b", "W5", "W6", "W7", "W8", "W9"], 3
    ),
    **dict.fromkeys(["null", "random", "strugglers", "winners", "adverse"], 2),
    **dict.fromkeys(["planted-adverse", "planted-demo", "selling", "one-deal"], 2),
    "unequal": 3,
}

if __name__ == "__main__":
    rows = [row for w, n in WORLDS.items() for seed in range(1, n + 1) for row in trial(w, seed)]
    table = pd.DataFrame(rows)
    table = table[~table["analysis"].str.startswith("team")]
    table[["world", "seed", "claim", "analysis", "p"]].to_csv(
        Path(__file__).with_name("stored_p_values.csv"), index=False
    )
