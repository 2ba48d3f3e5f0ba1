"""An act meant for the village says whether the village has taken it."""

from __future__ import annotations

from common.case import commands as c
from common.case.decide import Author
from common.people import Here
from common.web.cases.reached import Reached, reached
from tests.sync.linked import Linked, fresh_county


def test_an_act_for_the_village_says_whether_it_has_got_there(tmp_path):
    county = fresh_county(tmp_path)
    linked = Linked(county)
    made = county.register(county.village)
    linked.level()
    clerk = next(o for o in Here(county.township).here() if o.role == "clerk")
    wanted = ({"what": "居民身份证", "why": "模糊", "material": "id"},)
    (asked,) = county.township.act(c.AskCorrection(wanted), Author(clerk.id, clerk.office), case=made.id)
    assert reached(county.township, county.township.case(made.id)) == {asked.id: Reached("村里未取到")}
    county.clock.forward(hours=3)
    linked.sync(county.village, county.township)
    taken = county.township.now()
    county.clock.forward(days=2)
    linked.sync(county.village, county.township)  # the village says at its next exchange how far it has read
    said = reached(county.township, county.township.case(made.id))[asked.id]
    assert said.words == "村里已取到"
    assert said.at is not None
    assert 0 <= taken - said.at < 60_000
    linked.level()
    assert reached(county.township, county.township.case(made.id))[asked.id] == said
    # The county does not serve this village: it does not know, and says nothing.
    assert reached(county.hub, county.hub.case(made.id)) == {}
    assert reached(county.village, county.village.case(made.id)) == {}
