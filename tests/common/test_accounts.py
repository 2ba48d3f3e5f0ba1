"""Logins, sessions, tokens, and the reset by telephone (design 4: kept at the node alone)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import vault
from common.accounts import (
    FREE_FAILURES,
    IDLE_MS,
    LIFE_MS,
    MOST_WAIT_MS,
    RESET_LIFE_MS,
    LoginNeeded,
    TooMany,
    new_challenge,
    read_challenge,
    reset_answer,
    wait_after,
)
from common.errors import AppError, BadInput
from common.store import open_store
from tests.web_app import AGENT, CLERK, PASSWORD, Bytes, Clock, MemoryAccounts, accounts_of

KEY = bytes(range(32))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["in memory", "in the store"])
def store(request, tmp_path):
    if request.param == "in memory":
        yield MemoryAccounts()
        return
    opened = open_store(tmp_path / "node.db", KEY)
    yield opened.local
    opened.close()


@pytest.fixture
def accounts(store, clock):
    return accounts_of(AGENT, CLERK, clock=clock, store=store)


def refused(code: str, do, *args) -> AppError:
    with pytest.raises(AppError) as caught:
        do(*args)
    assert caught.value.code == code
    return caught.value


def wide(text: str) -> str:
    """As an input method in full-width mode leaves it."""
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


# -- passwords


def test_the_right_password_opens_a_session_for_that_officer_alone(accounts):
    token = accounts.log_in(CLERK.id, PASSWORD)
    assert accounts.session(token).officer is CLERK
    assert not accounts.session(token).locked
    assert [s.officer for s in accounts.sessions(CLERK.id)] == [CLERK.id]
    assert accounts.sessions(AGENT.id) == []


def test_a_wrong_password_opens_nothing(accounts):
    assert refused("account.wrong_password", accounts.log_in, CLERK.id, PASSWORD + "!").http_status == 401
    assert accounts.sessions(CLERK.id) == []


def test_nobody_logs_in_who_does_not_work_here_or_has_no_password(accounts):
    refused("account.no_such_officer", accounts.log_in, "0" * 64, PASSWORD)
    accounts.people.officers["new"] = CLERK
    refused("account.no_password", accounts.log_in, "new", "")


def test_a_password_typed_in_full_width_is_the_same_one(accounts):
    accounts.set_password(CLERK.id, "huilong2026")
    assert accounts.log_in(CLERK.id, wide("huilong2026"))


def test_real_argon2id_is_what_stands_in_the_store(store, clock):
    accounts = accounts_of(CLERK, clock=clock, store=store)
    accounts._hash, accounts._check = vault.hash_password, vault.check_password
    accounts.set_password(CLERK.id, PASSWORD)
    assert store.password(CLERK.id).phc.startswith("$argon2id$")
    assert accounts.log_in(CLERK.id, PASSWORD)
    refused("account.wrong_password", accounts.log_in, CLERK.id, "something else")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "account.password_too_short"),
        ("12345", "account.password_too_short"),
        ("长" * 129, "account.password_too_long"),
    ],
)
def test_the_operator_cannot_set_a_password_that_is_no_password(accounts, password, code):
    refused(code, accounts.set_password, CLERK.id, password)
    assert accounts.log_in(CLERK.id, PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["123456", "888888", "121212", "abcdef", "987654", "Password", "admin123", "123123123"],
)
def test_an_officer_cannot_choose_what_anybody_tries_first(accounts, password):
    token = accounts.log_in(CLERK.id, PASSWORD)
    refused("account.password_common", accounts.change_password, token, PASSWORD, password)


def test_a_password_longer_than_any_is_wrong_and_not_cut_to_fit(accounts):
    accounts.set_password(CLERK.id, "x" * 127 + "y")
    refused("account.wrong_password", accounts.log_in, CLERK.id, "x" * 127 + "yz")


def test_the_officers_own_change_ends_his_other_sessions_and_keeps_this_one(accounts):
    here, elsewhere = accounts.log_in(CLERK.id, PASSWORD), accounts.log_in(CLERK.id, PASSWORD)
    accounts.change_password(here, PASSWORD, "another made-up one")
    assert accounts.session(here) is not None
    assert accounts.session(elsewhere) is None
    refused("account.wrong_password", accounts.log_in, CLERK.id, PASSWORD)
    assert accounts.log_in(CLERK.id, "another made-up one")


def test_the_old_password_must_be_right_and_the_new_one_new(accounts):
    token = accounts.log_in(CLERK.id, PASSWORD)
    refused("account.wrong_password", accounts.change_password, token, "guess", "another made-up one")
    refused("account.password_same", accounts.change_password, token, PASSWORD, PASSWORD)


def test_the_operators_password_ends_sessions_and_tokens_and_is_known_not_to_be_the_officers_own(accounts):
    token = accounts.log_in(CLERK.id, PASSWORD)
    bearer, _ = accounts.issue_token(CLERK.id, 30)
    assert accounts.has_own_password(CLERK.id)
    accounts.set_password(CLERK.id, "given by hand")
    assert accounts.session(token) is None
    assert accounts.bearer(bearer) is None
    assert not accounts.has_own_password(CLERK.id)
    accounts.change_password(accounts.log_in(CLERK.id, "given by hand"), "given by hand", "chosen by me")
    assert accounts.has_own_password(CLERK.id)


# -- guessing


def fail(accounts, times: int, officer: str = CLERK.id) -> None:
    for _ in range(times):
        refused("account.wrong_password", accounts.log_in, officer, "a guess")


def test_guesses_are_slowed_each_time_twice_as_long_and_the_right_password_waits_too(accounts, clock):
    fail(accounts, FREE_FAILURES + 1)
    error = refused("account.locked", accounts.log_in, CLERK.id, PASSWORD)
    assert isinstance(error, TooMany)
    assert (error.detail["wait"], error.detail["failures"]) == ("30 秒", FREE_FAILURES + 1)
    clock.go(seconds=30)
    fail(accounts, 1)
    assert refused("account.locked", accounts.log_in, CLERK.id, PASSWORD).detail["wait"] == "1 分钟"
    clock.go(seconds=60)
    assert accounts.log_in(CLERK.id, PASSWORD)


def test_a_guess_during_the_wait_does_not_lengthen_it(accounts, clock):
    fail(accounts, FREE_FAILURES + 1)
    for _ in range(20):
        refused("account.locked", accounts.log_in, CLERK.id, "a guess")
    clock.go(seconds=30)
    assert accounts.log_in(CLERK.id, PASSWORD)


def test_the_right_password_sets_the_count_back(accounts):
    fail(accounts, FREE_FAILURES)
    accounts.log_in(CLERK.id, PASSWORD)
    fail(accounts, FREE_FAILURES)
    assert accounts.log_in(CLERK.id, PASSWORD)


def test_one_officers_wait_is_not_anothers(accounts):
    fail(accounts, FREE_FAILURES + 1)
    assert accounts.log_in(AGENT.id, PASSWORD)


def test_a_guess_counts_before_it_is_judged_so_that_many_at_once_gain_nothing(store, clock):
    accounts = accounts_of(CLERK, clock=clock, store=store)
    judged = []

    def slow_check(password, hashed):
        judged.append(password)
        if len(judged) < 50:  # others guess while this one is judged
            with pytest.raises(AppError):
                accounts.log_in(CLERK.id, f"guess {len(judged)}")
        return False

    accounts._check = slow_check
    with pytest.raises(AppError):
        accounts.log_in(CLERK.id, "guess 0")
    assert len(judged) == FREE_FAILURES + 1


def test_a_clock_set_back_by_years_makes_nobody_wait_for_years(accounts, clock):
    fail(accounts, FREE_FAILURES + 1)
    clock.go(days=-23 * 365)
    assert accounts.log_in(CLERK.id, PASSWORD)


def test_the_wait_has_an_end():
    waits = [wait_after(n) for n in range(200)]
    assert waits[: FREE_FAILURES + 1] == [0] * (FREE_FAILURES + 1)
    assert waits == sorted(waits)
    assert waits[-1] == MOST_WAIT_MS


# -- sessions


def test_an_idle_screen_locks_and_opens_with_the_same_officers_password(accounts, clock):
    token = accounts.log_in(CLERK.id, PASSWORD)
    clock.go(minutes=IDLE_MS / 60_000)
    assert not accounts.session(token).locked
    clock.go(seconds=1)
    assert accounts.session(token).locked
    accounts.touch(token)
    assert accounts.session(token).locked, "work does not open it"
    refused("account.wrong_password", accounts.unlock, token, "a guess")
    accounts.unlock(token, PASSWORD)
    assert not accounts.session(token).locked


def test_work_keeps_the_screen_open_until_the_working_day_is_over(accounts, clock):
    token = accounts.log_in(CLERK.id, PASSWORD)
    for _ in range(LIFE_MS // 600_000):
        clock.go(minutes=10)
        accounts.touch(token)
        assert not accounts.session(token).locked
    clock.go(minutes=10)
    assert accounts.session(token).locked


def test_locking_by_hand_locks_at_once(accounts):
    token = accounts.log_in(CLERK.id, PASSWORD)
    accounts.lock(token)
    assert accounts.session(token).locked
    accounts.unlock(token, PASSWORD)
    assert not accounts.session(token).locked


def test_a_session_that_ended_stays_ended(accounts, clock):
    token = accounts.log_in(CLERK.id, PASSWORD)
    accounts.log_out(token)
    clock.go(minutes=5)
    accounts.touch(token)
    accounts.lock(token)
    assert accounts.session(token) is None
    refused("web.log_in", accounts.unlock, token, PASSWORD)


def test_sessions_can_be_ended_from_elsewhere(accounts):
    here, lost = accounts.log_in(CLERK.id, PASSWORD), accounts.log_in(CLERK.id, PASSWORD)
    assert accounts.end_others(here) == 1
    assert accounts.session(lost) is None
    accounts.end_all(CLERK.id)
    assert accounts.session(here) is None


def test_a_session_ends_with_the_appointment(accounts):
    token = accounts.log_in(CLERK.id, PASSWORD)
    del accounts.people.officers[CLERK.id]
    assert accounts.session(token) is None


def test_the_token_itself_is_not_in_the_store(accounts, store):
    token = accounts.log_in(CLERK.id, PASSWORD)
    assert token not in repr(store.sessions(CLERK.id))
    assert len(token) >= 43, "256 bits"


def test_a_clock_set_back_does_not_keep_a_screen_open_for_years(accounts, clock):
    token = accounts.log_in(CLERK.id, PASSWORD)
    clock.go(days=-365)
    accounts.touch(token)
    clock.go(minutes=16)
    assert accounts.session(token).locked


def test_old_sessions_are_forgotten_at_a_later_login(accounts, store, clock):
    accounts.log_in(CLERK.id, PASSWORD)
    clock.go(days=31)
    accounts.log_in(CLERK.id, PASSWORD)
    assert len(list(store.sessions(CLERK.id))) == 1


@pytest.mark.parametrize("token", ["", "x", "\ud800", "None", "a" * 10_000])
def test_a_token_that_is_none_opens_nothing(accounts, token):
    assert accounts.session(token) is None
    assert accounts.bearer(token) is None
    accounts.touch(token)
    accounts.lock(token)
    accounts.log_out(token)


# -- tokens of the API


def test_a_bearer_token_works_until_it_expires(accounts, clock):
    token, expires = accounts.issue_token(CLERK.id, 30)
    assert expires == clock() + 30 * 86_400_000
    assert accounts.bearer(token) is CLERK
    clock.ms = expires - 1
    assert accounts.bearer(token) is CLERK
    clock.ms = expires
    assert accounts.bearer(token) is None


def test_a_session_is_no_bearer_token_and_the_other_way_round(accounts):
    assert accounts.bearer(accounts.log_in(CLERK.id, PASSWORD)) is None
    assert accounts.session(accounts.issue_token(CLERK.id, 1)[0]) is None


@pytest.mark.parametrize("days", [0, -1, 4000])
def test_a_bearer_token_has_a_term_in_bounds(accounts, days):
    refused("account.token_days", accounts.issue_token, CLERK.id, days)
    refused("account.no_such_officer", accounts.issue_token, "0" * 64, 30)


# -- reset by telephone

RESET_KEY = bytes(range(100, 132))


def test_a_telephone_call_resets_a_forgotten_password_without_a_network(accounts):
    challenge = accounts.start_reset(AGENT.id)
    read_out = f"{challenge[:4]} {challenge[4:]}"
    answer = reset_answer(RESET_KEY, read_challenge(read_out), AGENT.id)
    accounts.finish_reset(AGENT.id, f"{answer[:4]} {answer[4:]}", "chosen by me", [b"x" * 32, RESET_KEY])
    assert accounts.log_in(AGENT.id, "chosen by me")
    assert accounts.has_own_password(AGENT.id)
    refused("account.wrong_password", accounts.log_in, AGENT.id, PASSWORD)


def test_a_reset_ends_sessions_and_waits(accounts):
    token = accounts.log_in(AGENT.id, PASSWORD)
    fail(accounts, FREE_FAILURES, AGENT.id)
    answer = reset_answer(RESET_KEY, accounts.start_reset(AGENT.id), AGENT.id)
    accounts.finish_reset(AGENT.id, answer, "chosen by me", [RESET_KEY])
    assert accounts.session(token) is None
    assert accounts.log_in(AGENT.id, "chosen by me")


def test_an_answer_works_once(accounts):
    answer = reset_answer(RESET_KEY, accounts.start_reset(AGENT.id), AGENT.id)
    accounts.finish_reset(AGENT.id, answer, "chosen by me", [RESET_KEY])
    refused("account.code_expired", accounts.finish_reset, AGENT.id, answer, "chosen again", [RESET_KEY])


def test_an_answer_for_another_officer_node_or_challenge_is_wrong(accounts):
    challenge = accounts.start_reset(AGENT.id)
    for answer in (
        reset_answer(RESET_KEY, challenge, CLERK.id),
        reset_answer(b"z" * 32, challenge, AGENT.id),
        reset_answer(RESET_KEY, "00000000", AGENT.id),
        "",
    ):
        refused("account.wrong_answer", accounts.finish_reset, AGENT.id, answer, "chosen by me", [RESET_KEY])
    assert accounts.log_in(AGENT.id, PASSWORD)


def test_guessed_answers_are_slowed_like_passwords(accounts):
    accounts.start_reset(AGENT.id)
    for _ in range(FREE_FAILURES + 1):
        refused(
            "account.wrong_answer", accounts.finish_reset, AGENT.id, "00000000", "chosen by me", [RESET_KEY]
        )
    answer = reset_answer(RESET_KEY, accounts.start_reset(AGENT.id), AGENT.id)
    refused("account.locked", accounts.finish_reset, AGENT.id, answer, "chosen by me", [RESET_KEY])


def test_the_challenge_stays_while_it_waits_and_then_a_new_one_comes(accounts, clock):
    first = accounts.start_reset(AGENT.id)
    assert accounts.start_reset(AGENT.id) == first == accounts.reset_under_way(AGENT.id)
    clock.go(seconds=RESET_LIFE_MS / 1000 + 1)
    assert accounts.reset_under_way(AGENT.id) is None
    answer = reset_answer(RESET_KEY, first, AGENT.id)
    refused("account.code_expired", accounts.finish_reset, AGENT.id, answer, "chosen by me", [RESET_KEY])
    assert accounts.start_reset(AGENT.id) != first


def test_a_first_password_can_be_set_by_telephone_too(store, clock):
    accounts = accounts_of(clock=clock, store=store)
    accounts.people.officers[AGENT.id] = AGENT
    answer = reset_answer(RESET_KEY, accounts.start_reset(AGENT.id), AGENT.id)
    accounts.finish_reset(AGENT.id, answer, "chosen by me", [RESET_KEY])
    assert accounts.log_in(AGENT.id, "chosen by me")


@given(st.binary(min_size=8, max_size=8), st.integers(0, 7), st.integers(0, 9))
def test_one_wrong_digit_of_a_challenge_is_noticed(drawn, place, digit):
    challenge = new_challenge(lambda size: drawn)
    typed = challenge[:place] + str(digit) + challenge[place + 1 :]
    if typed == challenge:
        assert read_challenge(typed) == challenge
    else:
        refused("account.code_mistyped", read_challenge, typed)


@given(st.binary(min_size=8, max_size=8), st.integers(0, 6))
def test_two_neighbours_swapped_in_a_challenge_are_noticed(drawn, place):
    challenge = new_challenge(lambda size: drawn)
    typed = challenge[:place] + challenge[place + 1] + challenge[place] + challenge[place + 2 :]
    if typed != challenge:
        refused("account.code_mistyped", read_challenge, typed)


@pytest.mark.parametrize("text", ["", "123", "1234567x", "123456789012", "十二", "²²²²²²²²"])
def test_what_is_no_challenge_is_refused(text):
    refused("account.code_mistyped", read_challenge, text)


def test_full_width_digits_and_spaces_of_a_challenge_are_read():
    challenge = new_challenge(Bytes())
    assert read_challenge(f" {wide(challenge[:4])}-{wide(challenge[4:])} ") == challenge


def test_a_reset_key_that_is_short_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="16 bytes"):
        reset_answer(b"short", "12345678", AGENT.id)


def test_login_errors_carry_the_status_of_a_login():
    assert LoginNeeded("web.log_in").http_status == 401
    assert TooMany("account.locked").http_status == 429
    assert BadInput("account.no_such_officer").http_status == 400
