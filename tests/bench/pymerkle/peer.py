"""pymerkle, measured in a process of its own by `mynasim bench merkle`.

pymerkle is under the GPL: it is installed for one run, into a directory that is thrown away,
and only this file imports it. Arguments: a file of leaves, the length of each, a directory to
write in. Each line of standard input is an order, each line of standard output its answer, in
JSON.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

from pymerkle import BaseMerkleTree, InmemoryTree, SqliteTree


def empty(store: str, directory: Path) -> BaseMerkleTree:
    """A tree in `memory`, or in a new file of `sqlite`."""
    if store == "memory":
        return InmemoryTree()
    path = directory / "pymerkle.sqlite3"
    path.unlink(missing_ok=True)
    return SqliteTree(str(path))


def grow(tree: BaseMerkleTree, leaves: Sequence[bytes], batch: int) -> list[str]:
    """Append batch by batch, a transaction each where it is stored; the root after each."""
    roots = []
    for first in range(0, len(leaves), batch):
        tree.append_entries(leaves[first : first + batch])
        roots.append(tree.get_root().hex())
    return roots


def prove(tree: BaseMerkleTree, positions: Sequence[int]) -> list[list[str]]:
    """Inclusion proofs as RFC 9162 has them: pymerkle's begins with the leaf itself."""
    proofs = [tree.prove_inclusion(position + 1) for position in positions]
    return [[one.hex() for one in proof.path[1:]] for proof in proofs]


def main(file: str, length: str, directory: str) -> None:
    """Answer orders until there are no more."""
    data, width = Path(file).read_bytes(), int(length)
    leaves = [data[at : at + width] for at in range(0, len(data), width)]
    trees: dict[str, BaseMerkleTree] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "grow":
            trees[order["store"]] = empty(order["store"], Path(directory))
        tree = trees[order["store"]]
        began, began_cpu = perf_counter(), process_time()
        if order["do"] == "grow":
            found: object = grow(tree, leaves, order["batch"])
        else:
            found = prove(tree, order["positions"])
        cpu, wall = process_time() - began_cpu, perf_counter() - began
        answer = {"cpu": cpu, "wall": wall, "found": found}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
