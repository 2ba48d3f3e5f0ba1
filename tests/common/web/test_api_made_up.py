"""Schemathesis against the published document: whatever it makes up, no server error, and every answer is as published.

Over the real programs with tokens, at nodes that hold a case, so that requests reach beyond the first check.  The same
requests at every run.  It cannot ask again without a token over WSGI: ``test_api`` does that for each address.
"""

from __future__ import annotations

from collections import Counter

import pytest
import schemathesis
from schemathesis.engine import events, from_schema

from tests.county import build_county
from tests.programs import Programs, application

EXAMPLES = 5
"""Of each operation in the phase that is random; the phase before it tries the edges of every value."""


def name_what_is_here(document, **known):
    """Half of the requests are about what the node has, and no act has a base, so that they reach beyond the doors."""
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in known:
                    value = known[parameter["name"]]
                    parameter["schema"] = {"enum": [value, value[:-1] + "0"]}
    for asked in document["components"]["schemas"]["ActAsked"]["oneOf"]:
        asked["properties"]["base"] = {"type": "null"}


@pytest.mark.slow
@pytest.mark.parametrize("place", ["village", "township", "hub"])
def test_no_made_up_request_is_a_server_error_or_gets_an_unpublished_answer(tmp_path, place):
    programs = Programs(build_county(tmp_path))
    county = programs.county
    agent, clerk = programs.api(county.village, "陈会计"), programs.api(county.township, "王丽")
    made = agent.post("/cases", application(programs, agent, county.village))
    county.carry(county.village, county.township)
    clerk.act(made["number"], "case.accepted")
    clerk.act(made["number"], "case.offered", to="511322/MZ")
    county.level()
    node = {"village": county.village, "township": county.township, "hub": county.hub}[place]
    api = {"village": agent, "township": clerk}.get(place) or programs.api(node, "唐建国")

    config = schemathesis.Config.from_dict(
        {
            "seed": 1,
            "headers": {"Authorization": f"Bearer {api.token}"},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "phases": {"stateful": {"enabled": False}},
            # what fits the document may still break a rule of the work, and is refused in words
            "checks": {"positive_data_acceptance": {"enabled": False}, "ignored_auth": {"enabled": False}},
        }
    )
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", api.app, config=config)
    name_what_is_here(schema.raw_schema, number=made["number"], hash=made["papers"][0]["hash"], code="MZ-005")

    failures, statuses = [], Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            failures.append(str(vars(event)))
        elif isinstance(event, events.ScenarioFinished):
            for case, checks in event.recorder.checks.items():
                exchanged = event.recorder.interactions[case]
                asked, answer = exchanged.request, exchanged.response
                statuses[answer.status_code] += 1
                wrong = [str(failed.failure_info) for failed in checks if failed.failure_info]
                failures += [f"{asked.method} {asked.uri} {asked.body!r}: {words}" for words in wrong]
    assert failures == []
    assert {200, 201, 400, 404, 405, 409} <= set(statuses), statuses
    assert max(statuses) < 500, statuses
    assert node.verify()[2] is None
