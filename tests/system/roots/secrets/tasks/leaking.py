import logging
import os
import sys

from task_scheduler import secret, task, task_source

AT_IMPORT = os.environ["API_TOKEN"]


@task_source("ways")
def ways():
    assert os.environ["STAGE"] == "test"
    assert secret("API_TOKEN") == AT_IMPORT
    return ["print", "log", "return", "raise", "dump"]


@task_source("broken")
def broken():
    yield "one"
    raise ValueError(f"no page for {AT_IMPORT}")


@task("leak")
def leak(way):
    token, database = secret("API_TOKEN"), secret("DATABASE")
    match way:
        case "print":
            print("printed", token, database)
            sys.stderr.write(f"written {token}\n")
        case "log":
            logging.warning("logged %s", token, extra={"nested": {"token": [token, database]}})
        case "return":
            return {"token": token, "all": [database] * 3}
        case "raise":
            try:
                raise KeyError(token)
            except KeyError as error:
                raise RuntimeError(f"cannot log in with {token} at {database}") from error
        case "dump":
            print(dict(os.environ))
            raise SystemExit(database)
    return None


@task("elsewhere")
def elsewhere():
    print("elsewhere", os.environ["API_TOKEN"])
    raise ValueError(f"no entry with {secret('API_TOKEN')}")
