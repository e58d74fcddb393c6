"""An ordinary notebook of a team, with figures as people draw them and with lean ones.

It stands for what others run with papermill: it reads a team's rows, draws six charts, fits three
models, resamples, and shows two tables. The same cells are run as a plain function to find what
can be reached at all. The lean charts show what the others show, drawn by matplotlib alone as SVG.
Nothing in it is ours, so it measures the engine and nothing else.
"""

# ruff: noqa: E501 -- cells are written as people write them
from __future__ import annotations

import ast
import base64
import io
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd

PARAMETERS = 'data: str = ""\nteam: str = "0"\nfindings: str = ""'
START = """
import warnings
import matplotlib.pyplot as plt, numpy as np, pandas as pd, scipy.stats as st
import seaborn as sns, statsmodels.formula.api as smf
warnings.filterwarnings("ignore")
%s
plt.rcParams["svg.hashsalt"] = "team"
rows = pd.read_parquet(data, filters=[("team", "==", int(team))])
rows["attainment"] = rows.sales / rows.quota
rows["quarter"] = rows.week // 13
rows["coached"] = rows.groupby("rep").hours.transform(lambda s: s.rolling(4, min_periods=1).mean())
rows["growth"] = rows.groupby("rep").sales.transform(lambda s: np.log(s).diff(13))
measures = ["hours", "meetings", "sales", "coached", "attainment"]
rows.head()
"""
TABLE = """
by_rep = rows.groupby("rep").agg(sales=("sales", "sum"), quota=("quota", "sum"), hours=("hours", "mean"))
by_rep["attainment"] = by_rep.sales / by_rep.quota
by_rep.style.set_uuid("reps").format("{:,.2f}").background_gradient(subset=["attainment"])
"""
MODELS = """
known = rows.dropna(subset=["growth"])
ols = smf.ols("growth ~ coached + meetings + C(quarter)", known).fit(
    cov_type="cluster", cov_kwds={"groups": known.rep})
ols.params[["coached", "meetings"]].round(6)
---
mixed = smf.mixedlm("attainment ~ coached", rows, groups=rows.rep, re_formula="~coached").fit(method="lbfgs")
mixed.params.round(5)
---
within = rows[["attainment", "coached"]] - rows.groupby("rep")[["attainment", "coached"]].transform("mean")
smf.ols("attainment ~ coached - 1", within).fit(
    cov_type="cluster", cov_kwds={"groups": rows.rep}).params.round(6)
---
draws = np.random.default_rng(int(team)).multinomial(8, np.full(8, 1 / 8), size=1000)
sums = rows.assign(xy=rows.coached * rows.attainment, xx=rows.coached**2, n=1).groupby("rep")[
    ["coached", "attainment", "xy", "xx", "n"]].sum().to_numpy()
x, y, xy, xx, n = (draws @ sums).T
slopes = (xy - x * y / n) / (xx - x * x / n)
np.percentile(slopes, [2.5, 50, 97.5]).round(5)
"""
DRAWN = """
fig, ax = plt.subplots(figsize=(9, 4))
sns.lineplot(data=rows, x="quarter", y="attainment", hue="rep", palette="tab10", errorbar="se", ax=ax)
ax.axhline(1, color="k", lw=0.8); plt.show()
---
fig, ax = plt.subplots(figsize=(6, 4.5))
sns.scatterplot(data=rows, x="coached", y="attainment", hue="rep", palette="tab10", s=12, ax=ax); plt.show()
---
fig, ax = plt.subplots(figsize=(6, 5))
sns.heatmap(rows[measures].corr(), annot=True, fmt=".2f", cmap="vlag", center=0, ax=ax); plt.show()
---
fig, ax = plt.subplots(figsize=(6, 4))
sns.histplot(slopes, bins=40, kde=True, ax=ax); plt.show()
---
fig, ax = plt.subplots(figsize=(8, 4))
sns.boxplot(data=rows, x="quarter", y="hours", ax=ax); plt.show()
---
sns.relplot(data=rows, x="week", y="attainment", col="rep", col_wrap=4, kind="line", height=2, errorbar=None)
plt.show()
"""
LEAN = """
fig, ax = plt.subplots(figsize=(9, 4))
for rep, of in rows.groupby(["rep", "quarter"]).attainment.agg(["mean", "sem"]).groupby(level=0):
    quarters = of.index.get_level_values("quarter")
    ax.plot(quarters, of["mean"], color=f"C{rep}", label=str(rep))
    ax.fill_between(quarters, of["mean"] - of["sem"], of["mean"] + of["sem"], color=f"C{rep}", alpha=0.2)
ax.axhline(1, color="k", lw=0.8); ax.legend(title="rep")
ax.set_xlabel("quarter"); ax.set_ylabel("attainment"); plt.show()
---
fig, ax = plt.subplots(figsize=(6, 4.5))
ax.scatter(rows.coached, rows.attainment, c=rows.rep, cmap="tab10", s=12, rasterized=True)
ax.legend(handles=[plt.Line2D([], [], ls="", marker="o", color=f"C{rep}", label=str(rep)) for rep in range(8)], title="rep")
ax.set_xlabel("coached"); ax.set_ylabel("attainment"); plt.show()
---
fig, ax = plt.subplots(figsize=(6, 5))
shown = rows[measures].corr().to_numpy()
fig.colorbar(ax.imshow(shown, cmap="vlag", vmin=-1, vmax=1, aspect="auto"))
ax.set_xticks(range(5), measures); ax.set_yticks(range(5), measures)
for (i, j), value in np.ndenumerate(shown):
    ax.text(j, i, f"{value:.2f}", ha="center", va="center")
plt.show()
---
fig, ax = plt.subplots(figsize=(6, 4))
counts, edges, _ = ax.hist(slopes, bins=40, alpha=0.5)
at = np.linspace(edges[0], edges[-1], 200)
ax.plot(at, st.gaussian_kde(slopes)(at) * len(slopes) * (edges[1] - edges[0]))
ax.set_ylabel("Count"); plt.show()
---
fig, ax = plt.subplots(figsize=(8, 4))
ax.boxplot([g.to_numpy() for _, g in rows.groupby("quarter").hours])
ax.set_xlabel("quarter"); ax.set_ylabel("hours"); plt.show()
---
fig, axes = plt.subplots(2, 4, figsize=(9.6, 4), sharex=True, sharey=True)
for (rep, of), ax in zip(rows.groupby("rep"), axes.flat):
    ax.plot(of.week, of.attainment); ax.set_title(f"rep = {rep}")
for ax in axes[:, 0]: ax.set_ylabel("attainment")
for ax in axes[1]: ax.set_xlabel("week")
plt.show()
"""
END = """
top = by_rep.attainment.nlargest(2).index
beside = rows.assign(top=rows.rep.isin(top)).groupby("top")[measures].mean().T
beside.style.set_uuid("top").format("{:.2f}")
---
print("slope", round(float(ols.params["coached"]), 4))
"""
FORMATS = {
    False: "sns.set_theme(style='whitegrid')",
    True: "%config InlineBackend.figure_formats = ['svg']\n"
    "%config InlineBackend.print_figure_kwargs = {'bbox_inches': None}",
}


def cells(lean: bool) -> list[str]:
    """Return the code cells after the parameters."""
    parts = [START % FORMATS[lean], TABLE, MODELS, LEAN if lean else DRAWN, END]
    return [cell.strip() for part in parts for cell in part.split("---\n")]


def notebook(path: Path, lean: bool) -> None:
    """Write the notebook."""
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(c, id=f"cell-{n}")
            for n, c in enumerate([PARAMETERS, *cells(lean)])
        ]
    )
    made.cells[0].metadata["tags"] = ["parameters"]
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    made.metadata["language_info"] = {"name": "python"}
    nbformat.write(made, path)


def data(path: Path, teams: int) -> None:
    """Write weeks of eight reps a team, one row group a team."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    with pq.ParquetWriter(path, _table(rng, 0).schema, compression="zstd") as writer:
        for team in range(teams):
            writer.write_table(_table(rng, team))
    assert pa


def _table(rng: np.random.Generator, team: int) -> Any:
    import pyarrow as pa

    n = 8 * 156
    frame = pd.DataFrame(
        {
            "team": team,
            "rep": np.repeat(np.arange(8), 156),
            "week": np.tile(np.arange(156), 8),
            "hours": rng.gamma(2, 1, n).round(1),
            "meetings": rng.poisson(9, n),
            "sales": rng.lognormal(9, 0.3, n).round(2),
            "quota": 9_000.0,
        }
    )
    return pa.Table.from_pandas(frame, preserve_index=False)


def render(notebook: nbformat.NotebookNode, team: str | None) -> str:
    """Return the outputs of an executed notebook as one HTML file, joined and no more."""
    shown = []
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                shown.append(_picture(data["image/png"]))
            else:
                kinds = ("image/svg+xml", "text/html", "text/plain")
                shown.append(next((data[k] for k in kinds if k in data), output.get("text", "")))
    return "<!doctype html><meta charset=utf-8>" + "\n".join(shown)


def _picture(encoded: str) -> str:
    return f'<img src="data:image/png;base64,{encoded}">'


class Plain:
    """The same cells as a plain function: no Jupyter, figures drawn and tables made all the same."""

    def __init__(self, lean: bool):
        self.lean = lean
        self._compiled = [self._halves(c) for c in cells(lean)]

    @staticmethod
    def _halves(cell: str) -> tuple[Any, Any]:
        """Return what a cell does, and the expression at its end that it shows."""
        lines = [line for line in cell.splitlines() if not line.startswith("%")]
        tree = ast.parse("\n".join(lines))
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = compile(ast.Expression(tree.body.pop().value), "cell", "eval")  # type: ignore[attr-defined]
        return compile(tree, "cell", "exec"), last

    def __call__(self, path: str, team: str) -> str:
        """Return the HTML of a team."""
        import matplotlib.pyplot as plt

        plt.switch_backend("agg")
        names: dict[str, Any] = {"data": path, "team": team}
        shown: list[str] = []
        for does, shows in self._compiled:
            exec(does, names)
            value = eval(shows, names) if shows is not None else None
            shown += [self._encoded(plt.figure(n)) for n in plt.get_fignums()]
            plt.close("all")
            if value is not None:
                html = getattr(value, "_repr_html_", lambda: None)()
                shown.append(html or repr(value))
        return "<!doctype html><meta charset=utf-8>" + "\n".join(shown)

    def _encoded(self, figure: Any) -> str:
        if self.lean:
            drawn = io.StringIO()
            figure.savefig(drawn, format="svg")
            return drawn.getvalue()
        picture = io.BytesIO()
        figure.savefig(picture, format="png", bbox_inches="tight", dpi=figure.dpi)
        return _picture(base64.b64encode(picture.getvalue()).decode())
