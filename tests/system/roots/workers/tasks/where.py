"""Tasks that say which worker runs them."""

import os

from task_scheduler import task


@task("where")
def where():
    return f"{os.environ['SIZE']} {os.environ['AWS_LAMBDA_FUNCTION_NAME']}"


@task("fail")
def fail(text=None):
    raise ValueError(f"no luck on {os.environ['SIZE']}")
