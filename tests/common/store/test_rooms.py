"""Feeds, peers, local tables: what each promises by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from common.accounts import Password, Session
from common.store import Store, open_store
from common.store.local import Draft, PaperFile, SlipRow
from common.store.views import normal_word, words_of

PEER = "abcdefghijkl"
A, B = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "a.db", bytes(32))
    yield opened
    opened.close()


# -- peers


def test_request_ids_grow_and_an_old_answer_is_not_used_after_a_newer_one(store: Store) -> None:
    peers = store.peers
    assert [peers.next_request(PEER) for _ in range(3)] == [1, 2, 3]
    assert peers.use_answer(PEER, 2)
    assert not peers.use_answer(PEER, 1)
    assert not peers.use_answer(PEER, 2)
    assert peers.use_answer(PEER, 3)
    assert peers.use_request(PEER, 7)
    assert not peers.use_request(PEER, 7)


def test_a_request_id_is_not_given_again_after_a_crash(store: Store) -> None:
    store.peers.next_request(PEER)
    again = open_store(store.path, bytes(32))
    assert again.peers.next_request(PEER) == 2
    again.close()


def test_a_cursor_belongs_to_a_peers_epoch_and_never_goes_back(store: Store) -> None:
    peers = store.peers
    peers.move_cursor(PEER, "ABCDEFGH", "511322115", 9)
    peers.move_cursor(PEER, "ABCDEFGH", "511322115", 4)
    assert peers.cursor(PEER, "ABCDEFGH", "511322115") == 9
    assert peers.cursor(PEER, "WXYZWXYZ", "511322115") == 0
    assert peers.cursor(PEER, "ABCDEFGH", "511322116") == 0


def test_a_cursor_never_goes_over_entries_that_were_not_taken(store: Store) -> None:
    store.peers.move_cursor("p", "AAAAAAAA", "511322115", 4)
    store.peers.move_cursor("p", "AAAAAAAA", "511322115", 9, after=5)
    assert store.peers.cursor("p", "AAAAAAAA", "511322115") == 4
    store.peers.move_cursor("p", "AAAAAAAA", "511322115", 9, after=3)
    assert store.peers.cursor("p", "AAAAAAAA", "511322115") == 9


def test_heads_shown_replace_those_of_the_same_origin_only(store: Store) -> None:
    peers = store.peers
    peers.show_heads(PEER, {"o/1": (3, A), "o/2": (5, B)})
    peers.show_heads(PEER, {"o/1": (4, B)})
    assert peers.heads(PEER) == {"o/1": (4, B), "o/2": (5, B)}
    peers.forget_heads(PEER, ["o/2"])
    assert peers.heads(PEER) == {"o/1": (4, B)}


def test_health_and_address_of_a_peer_stay_until_newer_ones_come(store: Store) -> None:
    peers = store.peers
    peers.exchanged(PEER, 10, "level", url="http://x", health={"free": 3})
    peers.exchanged(PEER, 20, "refused")
    known = peers.get(PEER)
    assert known is not None
    assert (known.at, known.result, known.url, known.health) == (20, "refused", "http://x", {"free": 3})


def test_a_refusal_stays_until_the_event_is_taken(store: Store) -> None:
    store.peers.refused(PEER, [(A, "event.float"), (B, "event.not_json")], 5)
    store.peers.taken([A])
    assert [(r.id, r.code) for r in store.peers.refusals()] == [(B, "event.not_json")]


# -- local


def test_numbers_of_a_series_are_given_once_and_given_back_with_the_write_that_fails(store: Store) -> None:
    local = store.local
    assert [local.next_number("x") for _ in range(2)] == [1, 2]

    def fail() -> None:
        with store.write():
            local.next_number("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert local.next_number("x") == 3
    assert local.next_number("y") == 1


def test_a_slip_is_used_by_one_node_and_by_it_again_after_a_lost_answer(store: Store) -> None:
    local = store.local
    local.save_slip(SlipRow("s", "511322115", b"code", 99, {"root": "r"}))
    assert local.use_slip("s", "node1", 5)
    assert local.use_slip("s", "node1", 6)
    assert not local.use_slip("s", "node2", 7)
    kept = local.slip("s")
    assert kept is not None
    assert (kept.node, kept.used, kept.body) == ("node1", 5, {"root": "r"})


def test_a_draft_is_kept_by_its_salt_and_listed_for_its_officer(store: Store) -> None:
    local = store.local
    local.save_draft(Draft("s1", A, "MZ-005", {"name": "王"}, 1))
    local.save_draft(Draft("s2", A, "MZ-001", {}, 2))
    local.save_draft(Draft("s1", A, "MZ-005", {"name": "王秀英"}, 3))
    assert [(d.salt, d.data) for d in local.drafts(A)] == [("s1", {"name": "王秀英"}), ("s2", {})]
    local.drop_draft("s1")
    assert local.draft("s1") is None


def test_papers_owed_are_whole_and_small_ones_first(store: Store) -> None:
    local = store.local
    for n, (size, have, at_parent) in enumerate(
        [(500, 500, False), (100, 100, False), (50, 20, False), (10, 10, True)]
    ):
        local.save_paper(PaperFile(f"{n}" * 64, size, have=have, at_parent=at_parent, at=n))
    assert [p.size for p in local.papers_here(unsent=True)] == [100, 500]
    assert [p.size for p in local.papers_here(unsent=False)] == [10, 100, 500]
    assert store.views.papers_owed() == []  # no event names them: they belong to drafts


def test_accounts_are_kept_as_they_were_given(store: Store) -> None:
    password = Password("o", "$argon2id$", 5)
    session = Session(b"k" * 32, "o", 1, 2)
    store.local.save_password(password)
    store.local.save_session(session)
    assert store.local.password("o") == password
    assert store.local.session(b"k" * 32) == session
    assert store.local.sessions("o") == [session]
    store.local.forget_sessions(before=2)
    assert store.local.session(b"k" * 32) is None


def test_settings_hold_json_values_and_secrets_bytes(store: Store) -> None:
    store.local.set_setting("parents", ["http://a", {"b": None}])
    store.local.set_secret("key", b"\x00\xff")
    assert store.local.setting("parents") == ["http://a", {"b": None}]
    assert store.local.secret("key") == b"\x00\xff"
    store.local.set_setting("parents", None)
    store.local.set_secret("key", None)
    assert (store.local.setting("parents", 1), store.local.secret("key")) == (1, None)


# -- words


def test_a_case_is_found_by_any_part_of_a_name_and_the_end_of_a_number() -> None:
    words = words_of("欧阳 建平", ("511322101203-20260213-K7QD-0007-57", "13812345678", ""))
    assert {"欧阳建平", "阳建平", "建平", "平"} <= words
    assert {"13812345678", "‹87654321831"} <= words
    assert any(word.startswith("‹757000DQ7K") for word in words)
    assert "" not in words
    assert normal_word(" k7qd-0007 ") == "K7QD0007"
