"""One's own account, and the operator's pages for others."""

from __future__ import annotations

import pytest

from common.accounts import new_challenge, reset_answer
from common.web.settings import ResetChoice
from tests.page import PageClient
from tests.web_app import AGENT, CLERK, PASSWORD, TECHNICIAN, Bytes, make_world

KEY = bytes(range(32))


@pytest.fixture
def world():
    return make_world(reset_choices=lambda: [ResetChoice("双河村便民服务代办点", AGENT, lambda: KEY)])


@pytest.fixture
def client(world):
    client = PageClient(world.app)
    client.log_in(CLERK.id, PASSWORD)
    return client


@pytest.fixture
def operator(world):
    client = PageClient(world.app)
    client.log_in(TECHNICIAN.id, PASSWORD)
    return client


def test_an_officer_changes_his_own_password(client, world):
    form = client.get("/account").form("/account/password")
    page = client.submit(form, old=PASSWORD, new="chosen by me", again="chosen by me")
    assert "口令已改" in page.text
    assert world.accounts.log_in(CLERK.id, "chosen by me")
    assert "口令已改" not in client.get("/account").text, "said once"


@pytest.mark.parametrize(
    ("old", "new", "again", "status", "said"),
    [
        ("guess", "chosen by me", "chosen by me", 401, "口令不对"),
        (PASSWORD, "chosen by me", "chosen by you", 400, "不一样"),
        (PASSWORD, "12345", "12345", 400, "至少 6 个字符"),
        (PASSWORD, "123456", "123456", 400, "太容易被猜中"),
        (PASSWORD, PASSWORD, PASSWORD, 400, "和现在的一样"),
    ],
)
def test_a_password_that_will_not_do_is_told_why_beside_its_field(
    client, world, old, new, again, status, said
):
    form = client.get("/account").form("/account/password")
    page = client.submit(form, old=old, new=new, again=again, status=status)
    [error] = page.errors
    assert said in error
    assert [e.text for e in page.root.classed("error") if e.text] == [error]
    assert new not in page.source or len(new) < 7
    assert world.accounts.log_in(CLERK.id, PASSWORD)


def test_an_officer_sees_and_ends_his_logins_elsewhere(client, world):
    lost = world.accounts.log_in(CLERK.id, PASSWORD)
    page = client.get("/account")
    assert "今天 12:00 登录" in page.text
    page = client.submit(page.form("/account/end-others"))
    assert "已退出别处的 1 个登录" in page.text
    assert "只有这里登录着" in page.text
    assert world.accounts.session(lost) is None


def test_an_officer_with_a_password_of_the_operators_is_asked_to_choose_his_own(world):
    world.accounts.set_password(CLERK.id, "given by hand")
    client = PageClient(world.app)
    assert "现在的口令是管理员给的" in client.log_in(CLERK.id, "given by hand").text


# -- the operator's


def test_the_operator_sees_who_has_a_password_and_sets_one(operator, world):
    page = operator.get("/people")
    assert "王丽" in page.text
    page = operator.get(f"/people/{CLERK.id}/password")
    page = operator.submit(page.form(), new="given by hand", again="given by hand")
    assert "王丽的新口令已设好" in page.text
    assert world.accounts.log_in(CLERK.id, "given by hand")


def test_a_password_that_the_operator_mistyped_is_not_set(operator, world):
    form = operator.get(f"/people/{CLERK.id}/password").form()
    operator.submit(form, new="given by hand", again="given by hand!", status=400)
    operator.submit(operator.page.form(), new="12345", again="12345", status=400)
    assert world.accounts.log_in(CLERK.id, PASSWORD)


@pytest.mark.parametrize("path", ["/people/nobody/password", f"/people/{'0' * 64}/password"])
def test_there_is_no_password_page_for_someone_who_is_not_here(operator, path):
    assert operator.get(path, status=404)


@pytest.mark.parametrize("path", ["/people", f"/people/{TECHNICIAN.id}/password", "/people/telephone"])
def test_only_the_operator_gets_there(client, path):
    assert client.get(path, status=403)


def test_the_operator_answers_a_telephone_call(operator):
    challenge = new_challenge(Bytes())
    page = operator.get(operator.get("/people").link("凭电话回复"))
    assert page.form().options("officer") == {AGENT.id: AGENT.name}
    page = operator.submit(page.form(), officer=AGENT.id, challenge=f"{challenge[:4]} {challenge[4:]}")
    [shown] = page.root.classed("dictation")
    assert shown.text.replace(" ", "") == reset_answer(KEY, challenge, AGENT.id)


def test_a_challenge_that_was_misheard_is_noticed_before_an_answer_is_read_out(operator):
    form = operator.get("/people/telephone").form()
    page = operator.submit(form, officer=AGENT.id, challenge="12345678", status=400)
    assert page.errors[0].startswith("核对码不对")
    assert page.form().fields["challenge"] == "12345678", "what was typed stays"
    assert page.form().fields["officer"] == AGENT.id


def test_the_operator_answers_only_for_those_below(operator):
    form = operator.get("/people/telephone").form()
    page = operator.submit(form, officer=CLERK.id, challenge=new_challenge(Bytes()), status=400)
    assert page.errors == ["这里没有这位工作人员,或任命已经结束。请另选姓名。"]
