"""Everything that README and docs show works as it stands, and what they name exists."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from task_scheduler.runs.chunk import Mark
from task_scheduler_local.places import ROOT
from taskctl.__main__ import COMMANDS
from taskctl.calendar.expressions import parse
from tests.taskctl.conftest import Operate, Taskctl

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

NOT_RUN = {
    "make package-layer": "tests/local/test_layer.py does",
    "bin/taskctl check --tfvars": "tests/taskctl/test_check.py does, and of each block here",
    "bin/taskctl run hello": "tests/system/test_demo.py runs it",
    "bin/taskctl runs --follow": "has no end; tests/taskctl/test_following.py does",
    "make demo": "tests/system/test_demo.py does",
    "make test": "this is it",
    "taskctl ui": "tests/taskctl/page/test_command.py does",
    "bin/taskctl dev": "tests/system/test_dev.py does",
    "aws ssm put-parameter": "needs an account; tests/system/test_examples.py does it by boto3",
    ".build/venv/bin/python -m pytest": "these are these tests",
    "uvx ": "tests/tools/test_project.py does",
    "terraform init && terraform apply": "tests/system/test_git.py plans it",
}
"""Commands in a document that are not run here, and why."""


@dataclass(frozen=True)
class Block:
    """A block of code: its place, its language ("" if indented) and its text."""

    document: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def blocks() -> Iterator[Block]:
    fenced = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
    indented = re.compile(r"(?:(?<=\n\n)|\A)((?:    \S.*\n(?:    .*\n)*)+)")
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        if document.parent.name == "guide" and "`examples/" in text.partition("```")[0]:
            continue  # tests/taskctl/test_guide.py holds its blocks to the example
        for found in fenced.finditer(text):
            lines = [line.removeprefix(found[1]) for line in found[3].splitlines()]
            yield Block(document, text[: found.start()].count("\n") + 1, found[2], "\n".join(lines))
        without = fenced.sub(lambda found: re.sub(r".", "", found[0]), text)
        for found in indented.finditer(without):
            line = without[: found.start()].count("\n") + 1
            yield Block(document, line, "", re.sub(r"^    ", "", found[1], flags=re.MULTILINE))


def of(*languages: str) -> list[Block]:
    found = [block for block in blocks() if block.language in languages]
    assert found
    return found


def commands() -> list[tuple[Block, str]]:
    found = []
    for block in of("sh", ""):
        for line in block.text.splitlines():
            command = line.partition(" #")[0].strip()
            if re.match(r"(make |aws |taskctl |uvx |bin/|terraform |\.build/)", command):
                found.append((block, command))
    return found


def test_every_code_block_is_of_a_language_that_is_checked() -> None:
    known = {"sh", "", "hcl", "python", "text", "mermaid", "json"}
    assert [str(block) for block in blocks() if block.language not in known] == []


Help = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def helps() -> dict[tuple[str, ...], subprocess.CompletedProcess[str]]:
    return {}


@pytest.fixture
def help_of(
    taskctl: Taskctl, helps: dict[tuple[str, ...], subprocess.CompletedProcess[str]]
) -> Help:
    """Ask a command for its help, once for all tests of this file."""

    def ask(*names: str) -> subprocess.CompletedProcess[str]:
        if names not in helps:
            helps[names] = taskctl(*names, "--help")
        return helps[names]

    return ask


@pytest.mark.parametrize(
    ("block", "command"), commands(), ids=[f"{block}-{command}" for block, command in commands()]
)
def test_every_command_shown_runs_or_is_excused(
    block: Block, command: str, request: pytest.FixtureRequest
) -> None:
    if any(command.startswith(known) for known in NOT_RUN):
        return
    program, *arguments = shlex.split(command)
    assert program in ("taskctl", "bin/taskctl"), f"{block}: {command} is neither run nor excused"
    operate: Operate = request.getfixturevalue("operate")
    help_of: Help = request.getfixturevalue("help_of")
    asks = "--yes" in help_of(arguments[0]).stdout
    done = operate(*arguments, *(["--yes"] if asks else []))
    assert done.returncode == 0, f"{block}: {command}: {done.stderr}"


PREFIXES = {" ".join(name.split()[:count]) for name in COMMANDS for count in (1, 2)}
"""The names of commands and of their groups: `import`, `import crontab`."""


def mentions(pattern: str) -> list[str]:
    """Return the matches of a pattern in all documents, each once."""
    texts = (document.read_text(encoding="utf-8") for document in DOCUMENTS)
    found = sorted({mention for text in texts for mention in re.findall(pattern, text)})
    assert found
    return found


@pytest.mark.parametrize("mention", mentions(r"`((?:bin/)?taskctl [^`]+)`"))
def test_every_command_mentioned_exists_with_its_options(mention: str, help_of: Help) -> None:
    words = mention.partition("taskctl ")[2].split()
    names = [word for word in words[:2] if " ".join(words[: words.index(word) + 1]) in PREFIXES]
    rest = words[len(names) :]
    done = help_of(*names)
    assert done.returncode == 0, done.stderr
    options = [word for word in re.findall(r"--?[a-z-]+", " ".join(rest)) if word[0] == "-"]
    assert [option for option in options if not re.search(rf"{option}\b", done.stdout)] == []


@pytest.mark.parametrize("mention", mentions(r"`(make [^`]+)`"))
def test_every_make_target_mentioned_exists(mention: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    _, target, *variables = mention.split()
    assert re.search(rf"^{target}: ", makefile, re.MULTILINE)
    names = re.findall(r"([A-Z]+)=", " ".join(variables))
    assert [name for name in names if f"$({name})" not in makefile] == []


@pytest.mark.parametrize("expression", mentions(r"\b(?:cron|rate|at)\([^)]*\d[^)]*\)"))
def test_every_expression_mentioned_is_legal(expression: str) -> None:
    parse(expression)


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_python_blocks_import_as_task_code(block: Block, tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(block.text, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from task_scheduler.tasks import registry;"
        "folder = Path(sys.argv[1]); sys.path.insert(0, str(folder));"
        "print(registry.find_problems(folder))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={"PYTHONPATH": str(ROOT / "lambda_src" / "python")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("block", of("hcl"), ids=str)
def test_hcl_blocks_pass_taskctl_check(block: Block, tmp_path: Path, taskctl: Taskctl) -> None:
    text = block.text
    if re.match(r"\w+ = \{\n  expression", text):  # an entry of `schedules`
        text = f"schedules = {{\n{text}\n}}"
    if text.startswith("module "):  # a call of the module: its arguments are what tfvars would be
        text = re.sub(
            r"^  source = .*$", "", "\n".join(text.splitlines()[1:-1]), flags=re.MULTILINE
        )
        (tmp_path / "tasks").mkdir()
    if block.document.parent.name == "guide":  # with the page's own functions
        (tmp_path / "tasks").mkdir()
        shown = [other.text for other in of("python") if other.document == block.document]
        (tmp_path / "tasks" / "shown.py").write_text("\n\n".join(shown), encoding="utf-8")
        text += '\ntask_code_dir = "tasks"'
    if "schedules" not in text:
        text += '\nschedules = { x = { expression = "rate(1 day)", tasks = ["x"] } }'
    path = tmp_path / "terraform.tfvars"
    path.write_text(text, encoding="utf-8")
    done = taskctl("check", "--tfvars", path, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["problems"] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        if not file.exists() or (anchor and anchor not in anchors(file)):
            missing.append(target)
    assert missing == []


def anchors(document: Path) -> set[str]:
    """Return the anchors that a forge makes of a document's headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    source = ROOT / "lambda_src" / "python"
    roots = [ROOT, source, source / "task_scheduler", ROOT / "modules" / "scheduler"]
    named = re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|tf|md|txt))`", text)
    optional = {"terraform.tfvars", "LICENSE", "calendars/NAME.txt"}
    missing = {
        name
        for name in named
        if name not in optional and not any((root / name).exists() for root in roots)
    }
    assert missing == set()


def test_contributing_names_every_handler_every_room_and_every_folder_of_tests() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    runtime = ROOT / "lambda_src" / "python" / "task_scheduler"
    handlers = [path.name for path in runtime.glob("*.py") if "\ndef handler(" in path.read_text()]
    packages = [*runtime.glob("*/__init__.py"), *(ROOT / "taskctl").glob("*/__init__.py")]
    rooms = [package.parent for package in packages]
    tests = {path.parent for path in ROOT.glob("tests/*/test_*.py")}
    named = [
        *handlers, *(f"{room.name}/" for room in rooms), *(folder.name for folder in tests),
    ]  # fmt: skip
    assert len(handlers) == 3
    assert [name for name in named if f"`{name}`" not in text] == []


def test_the_page_of_inputs_names_every_input() -> None:
    text = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")
    inputs = text.partition("\n## Inputs\n")[2].partition("\n## ")[0]
    variables = re.findall(
        r'^variable "(\w+)"', (ROOT / "variables.tf").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert [name for name in variables if f"`{name}`" not in inputs] == []


def test_the_ledgers_page_names_every_mark() -> None:
    text = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    table = text.partition("\n| mark | means |\n")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)`", "\n".join(row.split("|")[1] for row in table.splitlines()))
    assert sorted(named) == sorted(Mark)
