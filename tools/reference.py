"""`make docs`: docs/reference.md, every input and output of the root module and of its parts.

HashiCorp's terraform-config-inspect reads the modules; what it says is laid out here, and below it
the picture of the resources.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from task_scheduler_local import LocalError
from task_scheduler_local.places import ROOT
from tools import diagram, setup

REFERENCE = ROOT / "docs" / "reference.md"
TOOL = "terraform-config-inspect"

_HEAD = """\
# Reference

Every input and output of the module and of its parts, from the descriptions in `variables.tf`
and `outputs.tf`; at its end [what Terraform makes](#resources). Written by `make docs`: change it
there.
"""
_RESOURCES = """\
## Resources

What Terraform makes, and what waits for what, from `terraform graph`.

```mermaid
{}
```
"""
_OBJECT = re.compile(r"\(\{.*\}\)", re.DOTALL)


def render() -> str:
    """Return the whole reference, as it must be for the modules as they are.

    Raises:
        LocalError: terraform-config-inspect is missing, or does not read a module.
    """
    lines = [_HEAD, *_module("The module", "", ROOT)]
    for folder in sorted((ROOT / "modules").iterdir()):
        lines += _module(f"modules/{folder.name}", f"{folder.name} ", folder)
    lines.append(_RESOURCES.format(diagram.draw()))
    return "\n".join(lines)


def _module(title: str, prefix: str, folder: Path) -> Iterator[str]:
    """Return a module's tables and a section for each input that is an object."""
    read = _read(folder)
    variables, outputs = (_as_written(read[kind]) for kind in ("variables", "outputs"))
    yield f"## {title}\n"
    yield "### Inputs\n"
    yield "| name | type | default | |\n|---|---|---|---|"
    for variable in variables:
        name, type_ = variable["name"], variable["type"]
        default = "*required*" if variable["required"] else f"`{_json(variable['default'])}`"
        anchor = f"{prefix}{name}".replace(" ", "-")
        description = variable["description"]
        if _OBJECT.search(type_):
            type_ = _OBJECT.sub("", type_)
            default = default if len(default) < 40 else "below"
            description = description.partition("\n\n")[0].strip()
            name = f"[`{name}`](#{anchor})"
        else:
            name = f"`{name}`"
        yield _row(name, f"`{type_}`", default, description)
    if outputs:
        yield "\n### Outputs\n"
        yield "| name | |\n|---|---|"
    for output in outputs:
        yield _row(f"`{output['name']}`", output["description"])
    yield ""
    for variable in variables:
        if _OBJECT.search(variable["type"]):
            yield f"### {prefix}{variable['name']}\n"
            yield f"{variable['description'].strip()}\n"
            yield f"```text\n{_unindented(variable['type'])}\n```\n"
            if variable["default"]:
                yield f"Default: `{_json(variable['default'])}`\n"


def _read(folder: Path) -> dict[str, Any]:
    tool = setup.go_tool(TOOL)
    if tool is None:
        raise LocalError(f"neither {TOOL} nor Go, which would build it, is on PATH")
    done = subprocess.run(
        [tool, "--json", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LocalError(f"{folder}: {TOOL} failed:\n{done.stdout}{done.stderr}")
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def _as_written(blocks: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks in the order of their file, which is the order of their topics."""
    return sorted(
        blocks.values(), key=lambda block: (block["pos"]["filename"], block["pos"]["line"])
    )


def _row(*cells: str) -> str:
    lines = (" ".join(cell.split()).replace("|", "&#124;") for cell in cells)
    return f"| {' | '.join(lines)} |"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _unindented(text: str) -> str:
    """As Terraform lays a type out, without the indentation of the block that it stands in."""
    return text.replace("\n  ", "\n")


def main(arguments: Sequence[str]) -> int:
    """Write the reference; with --check, only say whether it is what would be written."""
    if "--check" not in arguments:
        REFERENCE.write_text(render(), encoding="utf-8")
        return 0
    if REFERENCE.is_file() and REFERENCE.read_text(encoding="utf-8") == render():
        return 0
    sys.stderr.write(f"{REFERENCE.relative_to(ROOT)} is stale: `make docs` writes it again\n")
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LocalError as error:
        sys.exit(str(error))
