"""Writes the lists of names that the Terraform module checks against, a part of `make docs`.

They come from the tzdata and stdlib-list packages and are committed, because a plan has to work
without Python. `tests/tools/test_generate.py` fails when they are stale.
"""

from __future__ import annotations

from importlib.resources import files

from stdlib_list import stdlib_list

from task_scheduler_local.places import ROOT

RUNTIMES = ("3.12", "3.13", "3.14")


def time_zones() -> list[str]:
    """Return the IANA time zones, links included, without the mark of an unset zone."""
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return sorted(set(names) - {"Factory"})


def standard_library() -> list[str]:
    """Return the public top-level modules of the standard library, of all runtimes."""
    modules = {name.partition(".")[0] for runtime in RUNTIMES for name in stdlib_list(runtime)}
    return sorted(name for name in modules if not name.startswith("_"))


LISTS = {
    ROOT / "modules" / "scheduler" / "timezones.txt": time_zones,
    ROOT / "modules" / "functions" / "standard-library.txt": standard_library,
}


def text(names: list[str]) -> str:
    """Return the content of a list's file: a name a line."""
    return "".join(f"{name}\n" for name in names)


def _main() -> None:
    for path, names in LISTS.items():
        path.write_text(text(names()), encoding="utf-8")


if __name__ == "__main__":
    _main()
