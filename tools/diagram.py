"""The resources of the module and what waits for what, drawn from Terraform's own graph."""

from __future__ import annotations

import re

from task_scheduler_local import terraform

_NODE = re.compile(r'^ +"([^"]+)" \[label="[^"]+"\];$', re.MULTILINE)
_EDGE = re.compile(r'^ +"([^"]+)" -> "([^"]+)";$', re.MULTILINE)
_ADDRESS = re.compile(r"module\.(\w+)\.((?:data\.archive_file|aws_\w+)\.\w+)")


def draw() -> str:
    """Draw a Mermaid flowchart: a box a module, a node a resource, arrows to what needs it.

    Raises LocalError with Terraform's words when the module is not valid.
    """
    with terraform.workspace() as module:
        terraform.run(module, {}, "init", "-input=false")
        return flowchart(terraform.run(module, {}, "graph"))


def flowchart(graph: str) -> str:
    """Turn the output of `terraform graph` into a flowchart, its only data sources archives."""
    nodes = {
        found[0]: found for name in _NODE.findall(graph) if (found := _ADDRESS.fullmatch(name))
    }
    edges = sorted(
        (needed, needing)
        for needing, needed in _EDGE.findall(graph)
        if needing in nodes and needed in nodes
    )
    lines = ["flowchart LR"]
    for module in sorted({found[1] for found in nodes.values()}):
        lines.append(f"    subgraph {module}")
        lines += [
            f'        {_id(address)}["{found[2].removeprefix("data.")}"]'
            for address, found in sorted(nodes.items())
            if found[1] == module
        ]
        lines.append("    end")
    lines += [f"    {_id(needed)} --> {_id(needing)}" for needed, needing in edges]
    return "\n".join(lines)


def _id(address: str) -> str:
    return address.removeprefix("module.").replace(".", "_")
