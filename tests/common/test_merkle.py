from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import merkle
from common.merkle import Frontier

IDS = [hashlib.sha256(b"%d" % number).digest() for number in range(70)]


def tree_hash(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def test_the_written_definition_gives_the_published_roots():
    leaves = [
        bytes.fromhex(leaf)
        for leaf in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            bytes(range(96, 112)).hex(),
        )
    ]
    assert tree_hash([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree_hash(leaves[:1]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree_hash(leaves).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_a_frontier_gives_the_root_of_the_written_definition_at_every_size():
    tree = Frontier()
    assert tree.root() == tree_hash([]) == merkle.EMPTY_ROOT
    for size, id in enumerate(IDS, 1):
        tree = tree.append(id)
        assert (tree.size, tree.root()) == (size, tree_hash(IDS[:size]))


@given(st.integers(0, 70), st.integers(0, 70))
def test_leaves_taken_in_pieces_make_the_same_tree(first, second):
    pieces = Frontier().extend(IDS[: min(first, second)]).extend(IDS[min(first, second) :])
    assert pieces == Frontier().extend(IDS)


@given(st.integers(1, 2**60))
def test_a_frontier_stays_small_however_large_the_tree(size):
    tree = Frontier(size, tuple(IDS[: size.bit_count()]))
    assert len(tree.append(IDS[0]).hashes) <= 61


def test_a_frontier_rebuilt_from_what_was_kept_goes_on_as_before():
    tree = Frontier().extend(IDS[:37])
    assert Frontier(tree.size, tuple(tree.hashes)).append(IDS[37]) == Frontier().extend(IDS[:38])


@pytest.mark.parametrize(
    ("size", "hashes"), [(1, ()), (0, (bytes(32),)), (3, (bytes(32),)), (1, (bytes(31),)), (-1, (bytes(32),))]
)
def test_a_frontier_whose_parts_do_not_belong_together_is_a_bug(size, hashes):
    with pytest.raises(ValueError, match=r"subtrees|32 bytes"):
        Frontier(size, hashes)


@pytest.mark.parametrize("id", [b"", bytes(31), bytes(33), b"a" * 64])
def test_a_leaf_that_is_no_id_is_a_bug(id):
    with pytest.raises(ValueError, match="32 bytes"):
        Frontier().append(id)
