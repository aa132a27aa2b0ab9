"""Sums up a CSV file."""

from pathlib import Path

import pandas

from task_scheduler import task


@task("summarize")
def summarize(path: str) -> str:
    """Return a small table; chat shows it as it is."""
    sales = pandas.read_csv(Path(__file__).parent / path)
    by_shop = sales.groupby("shop")["pieces"].agg(["sum", "mean"])
    return by_shop.to_string(float_format="{:.1f}".format)
