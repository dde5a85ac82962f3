"""Alerts and dashboard: they can be read by whom they are for, and name nothing that is not counted."""

from __future__ import annotations

import json
import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from bot.jobs import JobStatus
from bot.jobs.pause import CAPS, PASSING, TROUBLES
from bot.metrics import REGISTRY

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "docs/monitoring"
OWN = {"up": set[str]()}
"""What Prometheus itself counts of whom it asks."""
ADDED = {"job", "instance"}
"""Labels it adds to everything."""
GRAFANA = {"$__rate_interval": "5m"}


def read_rules() -> list[dict[str, Any]]:
    """Every alert."""
    said = yaml.safe_load((MONITORING / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in said["groups"] for rule in group["rules"]]


def read_panels() -> list[dict[str, Any]]:
    """Everything on the dashboard, its headings too."""
    panels: list[dict[str, Any]] = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    return panels


def read_questions() -> dict[str, str]:
    """Every expression, by where it stands, in Prometheus' own words."""
    questions = {rule["alert"]: rule["expr"] for rule in read_rules()}
    for panel in read_panels():
        for target in panel.get("targets", []):
            questions[f"{panel['title']} {target['refId']}"] = target["expr"]
    for variable, value in GRAFANA.items():
        questions = {where: question.replace(variable, value) for where, question in questions.items()}
    return questions


def find_series() -> dict[str, set[str]]:
    """Every series that `/metrics` can have, with its labels."""
    series = dict(OWN)
    for collector in REGISTRY._collector_to_names:
        labels = set(getattr(collector, "_labelnames", ()))
        for family in collector.collect():
            names = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
            own = {name for sample in family.samples for name in sample.labels}
            series |= {f"{family.name}{name}": labels | own for name in names}
    return series


def find_selectors(expression: Any) -> list[Any]:
    """Every place where an expression names a series."""
    found: list[Any] = []

    def visit(part: Any) -> None:
        if isinstance(part, promql_parser.MatrixSelector):
            found.append(part.vector_selector)
        elif isinstance(part, promql_parser.VectorSelector):
            found.append(part)

    promql_parser.walk(expression, pre_visit=visit)
    return found


def find_groupings(expression: Any) -> set[str]:
    """Every label that an expression groups by."""
    found: set[str] = set()

    def visit(part: Any) -> None:
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            found.update(part.modifier.labels)

    promql_parser.walk(expression, pre_visit=visit)
    return found


@pytest.mark.parametrize(("where", "question"), read_questions().items())
def test_every_question_can_be_answered(where: str, question: str) -> None:
    """It is PromQL; each series and label in it exists, and so does each status that it asks for."""
    series, parsed = find_series(), promql_parser.parse(question)
    selectors = find_selectors(parsed)
    assert selectors, where
    known = {"le"} | ADDED
    for selector in selectors:
        assert selector.name in series, f"{where}: {selector.name}"
        known |= series[selector.name]
        asked = {matcher.name for matcher in selector.matchers.matchers}
        assert asked <= series[selector.name] | ADDED, f"{where}: {asked}"
        statuses = [matcher.value for matcher in selector.matchers.matchers if matcher.name == "status"]
        if not selector.name.startswith("repaint_discord"):
            assert {each for value in statuses for each in value.split("|")} <= set(JobStatus), where
    assert find_groupings(parsed) <= known, where


def test_every_pause_that_is_asked_for_can_be() -> None:
    """And each that somebody has to do something about has an alert of its own."""
    asked = {
        reason
        for rule in read_rules()
        for selector in find_selectors(promql_parser.parse(rule["expr"]))
        if selector.name == "repaint_orders_paused"
        for matcher in selector.matchers.matchers
        for reason in matcher.value.split("|")
    }
    assert asked == {*TROUBLES.values(), *CAPS} - PASSING


def test_everything_that_is_counted_is_shown() -> None:
    """A metric that nobody looks at is not counted for anything."""
    asked = {
        re.sub(r"_(bucket|count|sum)$", "", selector.name)
        for question in read_questions().values()
        for selector in find_selectors(promql_parser.parse(question))
    }
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in find_series() if name.startswith("repaint_")}
    assert ours - asked == {"repaint_build_info"}


def test_every_alert_says_what_to_do() -> None:
    """Each has a name of its own, how bad it is, what is so, and what it means."""
    rules = read_rules()
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"].keys() == {"summary", "description"}
        assert all(text.endswith((".", "/repaint-settings).")) for text in rule["annotations"].values()), rule["alert"]


def test_the_panels_do_not_lie_on_each_other() -> None:
    """Each has a number of its own and a place of its own, in the order they are read."""
    panels = read_panels()
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    assert all((one["y"], one["x"]) < (other["y"], other["x"]) for one, other in pairwise(places))
    for one, other in combinations(places, 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y, (one, other)


def test_whoever_opens_the_dashboard_chooses_their_prometheus() -> None:
    """No panel names one that stands somewhere else."""
    said = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    (variable,) = said["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    for panel in read_panels():
        for part in [panel, *panel.get("targets", [])]:
            assert part.get("datasource", {"uid": "${datasource}"})["uid"] == "${datasource}"


def test_prometheus_is_told_where_to_look() -> None:
    """The example asks for the alerts, under the name that they look for."""
    said = yaml.safe_load((MONITORING / "prometheus.yaml").read_text(encoding="utf-8"))
    assert [job["job_name"] for job in said["scrape_configs"]] == ["repaint"]
    assert all((MONITORING / file).is_file() for file in said["rule_files"])
