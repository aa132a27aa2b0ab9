"""The benchmarks run at a tiny size, so that they cannot rot; nothing here depends on time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks import cost, module, report
from benchmarks.__main__ import measure
from benchmarks.figures import Figure, alternate
from benchmarks.public import ROWS
from benchmarks.sizes import TINY
from task_scheduler_local import LocalError


@pytest.fixture(scope="module")
def figures() -> Mapping[str, Figure]:
    return {figure.key: figure for figure in measure(TINY, say=lambda _: None)}


def test_every_figure_has_a_value_of_each_side_in_each_round(
    figures: Mapping[str, Figure],
) -> None:
    assert figures
    for figure in figures.values():
        assert all(value > 0 for value in (*figure.ours, *figure.yardstick)), figure
        assert not figure.yardstick or len(figure.yardstick) == len(figure.ours), figure


def test_sends_ten_tasks_a_request_and_the_yardstick_one(figures: Mapping[str, Figure]) -> None:
    assert figures["send_requests"].ours == [0.1]
    assert figures["send_requests"].yardstick == [1]


def test_runs_ten_tasks_an_invocation_and_the_yardstick_one(
    figures: Mapping[str, Figure],
) -> None:
    assert figures["invocations"].ours == [0.1]
    assert figures["invocations"].yardstick == [1]
    assert figures["requests"].ours[0] == pytest.approx(0.3)
    assert figures["requests"].yardstick == [3]


def test_each_schedule_is_one_resource_more_and_the_yardstick_has_no_other(
    figures: Mapping[str, Figure],
) -> None:
    def resources(number: int) -> list[int]:
        return [int(found) for found in re.findall(r"\d+", figures[f"module_state_{number}"].note)]

    few, many = TINY.schedules
    (ours_of_few, bare_of_few), (ours_of_many, bare_of_many) = resources(few), resources(many)
    assert ours_of_many - ours_of_few == many - few
    assert (bare_of_few, bare_of_many) == (few, many)


def test_no_two_schedules_of_the_benchmark_are_alike() -> None:
    made = module.schedules(1_000)
    assert len(made) == 1_000
    assert len({json.dumps(schedule) for schedule in made.values()}) == 1_000


def test_growth_is_of_what_one_more_schedule_costs_on_each_side_in_each_round() -> None:
    def life(cost: float) -> module.Life:
        return module.Life({}, {"plan": 7 + cost}, 0, round(7 + cost), 0)

    lives = {
        number: [[life(2 * number), life(number**2)], [life(5 * number), life(5 * number)]]
        for number in (1, 100, 1_000)
    }
    grown = {figure.key: figure for figure in module.growths(lives, "CPU time")}
    assert list(grown) == ["module_plan_growth_1000", "module_state_growth_1000"]
    for figure in grown.values():
        assert figure.ours == pytest.approx([1, 1_100 / 101])
        assert figure.yardstick == pytest.approx([1, 1])
        assert figure.met is False


def test_a_benchmark_can_be_measured_alone() -> None:
    said: list[str] = []
    alone = {figure.key for figure in measure(TINY, say=said.append, names=["running"])}
    assert said == ["Measuring: running ..."]
    assert "run_cpu" in alone
    assert not any(key.startswith(("cost", "send", "module")) for key in alone)


def test_a_benchmark_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(LocalError, match=r"named walking; there are sending, .*, many schedules"):
        list(measure(TINY, say=lambda _: None, names=["walking"]))


def test_sides_take_turns() -> None:
    turns: list[str] = []

    def side(name: str) -> int:
        turns.append(name)
        return len(turns)

    assert alternate(2, lambda: side("A"), lambda: side("B")) == [[1, 3], [2, 4]]
    assert turns == ["A", "B", "A", "B"]


@pytest.mark.parametrize(
    ("goal", "met"),
    [({"at_most": 1.9}, False), ({"at_most": 2}, True), ({"times": 5}, True),
     ({"times": 5.1}, False), ({}, None)],
)  # fmt: skip
def test_goals_are_for_the_medians(goal: dict[str, Any], met: bool | None) -> None:
    figure = Figure(key="k", name="n", ours=[9, 2, 1], yardstick=[1, 10, 99], **goal)
    assert figure.met is met


def test_the_docs_show_the_results_that_are_committed() -> None:
    assert report.markdown(report.read()) in report.DOCUMENT.read_text()


def test_every_row_of_the_docs_has_a_figure() -> None:
    assert {row.key for row in ROWS} <= report.figures_of(report.read()).keys()


def test_figures_measured_alone_take_the_place_of_earlier_ones() -> None:
    def figure(key: str, value: float) -> Figure:
        return Figure(key=key, name=key, ours=[value])

    facts = {"cores": 2, "load_average": 0.5}
    earlier = report.record([figure("a", 1), figure("b", 1)], facts)["figures"]
    again = report.record([figure("b", 2), figure("c", 2)], facts | {"load_average": 9}, earlier)
    assert [(one["key"], one["ours"], one["load_average"]) for one in again["figures"]] == [
        ("a", [1], 0.5), ("b", [2], 9), ("c", [2], 9),
    ]  # fmt: skip


def test_the_costs_that_are_committed_are_those_of_the_price_list() -> None:
    committed = report.figures_of(report.read())
    costs = list(cost.measure(committed))
    assert costs
    for figure in costs:
        assert figure.ours == pytest.approx(committed[figure.key].ours)
        assert figure.yardstick == pytest.approx(committed[figure.key].yardstick)
