# ruff: noqa: T201 - a script whose output is stored
"""Makes reference_py.out: figures by Python packages that the tests do not install.

Run in this folder, in an environment with statsmodels 0.15.0, wildboottest 0.3.2 and the file
``data/darfur.csv`` of the package PySensemakr 0.0.8 (GPL-3, hence not stored here):
``python reference.py path/to/darfur.csv > reference_py.out``
"""

import sys

import pandas as pd
import statsmodels.formula.api as smf
from wildboottest.wildboottest import wildboottest

print("== Darfur: partial R2 of `female` with the treatment, and with the outcome")
darfur = pd.read_csv(sys.argv[1])
controls = "age + farmer_dar + herder_dar + pastvoted + hhsize_darfur + female + village"
outcome = smf.ols(f"peacefactor ~ directlyharmed + {controls}", darfur).fit()
treatment = smf.ols(f"directlyharmed ~ {controls}", darfur).fit()
name = "directlyharmed"
print(f"{outcome.params[name]:.10f} {outcome.bse[name]:.10f} {outcome.df_resid:.0f}")
for fit in (treatment, outcome):
    t = fit.tvalues["female"]
    print(f"{t**2 / (t**2 + fit.df_resid):.10f}")

print("== Restricted wild cluster bootstrap, all 1024 sign vectors: p-values")
petersen, grunfeld = pd.read_csv("petersen.csv"), pd.read_csv("grunfeld.csv")
within = "inv ~ value + capital + C(firm)"
for label, formula, data, by, names in (
    ("petersen by year", "y ~ x", petersen, "year", ("Intercept", "x")),
    ("grunfeld within", within, grunfeld, "firm", ("value", "capital")),
    ("grunfeld two-way", f"{within} + C(year)", grunfeld, "firm", ("value", "capital")),
):
    for name in names:
        found = wildboottest(
            smf.ols(formula, data), param=name, cluster=data[by], B=9999, seed=1,
            weights_type="rademacher", impose_null=True, bootstrap_type="11", show=False,
        )  # fmt: skip
        print(label, name, found["p-value"].iloc[0])
