"""Arithmetic: panels, jackknife, pooling, contrasts, decomposition, proportions.

Functions take arrays or a frame and return frozen results with unit, rows and groups. Nothing here
formats and nothing here gives verdicts. What cannot be estimated is refused with
:class:`~salesdiag.estimate.refusal.NotEstimable`, which says why.
"""
