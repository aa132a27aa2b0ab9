"""Asks an API for something that it does not tell everybody."""

import json
from urllib.request import Request, urlopen

from task_scheduler import secret, task


@task("count_orders", timeout=30)
def count_orders(url: str) -> str:
    """Count the orders."""
    request = Request(url, headers={"Authorization": f"Bearer {secret('API_TOKEN')}"})
    with urlopen(request, timeout=10) as answer:
        return f"{len(json.load(answer))} orders"
