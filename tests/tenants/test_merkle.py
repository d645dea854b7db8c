"""Merkle trees: the known roots of RFC 6962's test leaves, and proofs that hold for their leaf and for no other."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendline_tenants.auditing.merkle import EMPTY, MerkleTree, leaf_hash, node_hash, root_by_path

LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The leaves and roots that implementations of certificate transparency test themselves with."""

hashes = st.binary(min_size=32, max_size=32)


def leaves_of(size):
    return [leaf_hash(bytes.fromhex(text)) for text in LEAVES[:size]]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_known_roots(size):
    assert MerkleTree(leaves_of(size)).root.hex() == ROOTS[size - 1]


def test_a_tree_without_leaves():
    assert MerkleTree([]).root == EMPTY == hashlib.sha256(b"").digest()


def root_as_the_rfc_says(leaves):
    """The recursion of RFC 9162, 2.1.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(root_as_the_rfc_says(leaves[:split]), root_as_the_rfc_says(leaves[split:]))


@given(st.lists(hashes, min_size=1, max_size=70))
def test_any_tree_is_the_one_of_the_rfc_and_proves_each_leaf(leaves):
    tree = MerkleTree(leaves)
    assert tree.root == root_as_the_rfc_says(leaves)
    for index, leaf in enumerate(leaves):
        assert root_by_path(leaf, index, len(leaves), tree.path(index)) == tree.root


@given(st.lists(hashes, min_size=2, max_size=40, unique=True), st.data())
def test_a_proof_holds_for_its_leaf_alone(leaves, data):
    tree = MerkleTree(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = tree.path(index)
    other = data.draw(st.integers(0, len(leaves) - 1).filter(lambda n: n != index))
    assert root_by_path(leaves[other], index, len(leaves), path) != tree.root
    assert root_by_path(leaves[index], other, len(leaves), path) != tree.root
    assert root_by_path(leaves[index], index, len(leaves), path[:-1]) != tree.root
    assert root_by_path(leaves[index], index, len(leaves), [*path, path[0]]) != tree.root
    assert root_by_path(leaves[index], len(leaves), len(leaves), path) is None


def test_a_node_cannot_pass_for_a_leaf():
    first, second = leaves_of(2)
    tree = MerkleTree([first, second])
    assert leaf_hash(first + second) != tree.root
