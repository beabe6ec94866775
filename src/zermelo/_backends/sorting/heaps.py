"""Twins of the methods that hold a heap and take its best item until they have enough."""

from __future__ import annotations

from collections.abc import Callable

from .knowledge import NOBODY, settled, winners_first
from .machine import CHOOSE, Asking, Question, Run, Together, precedes


class _Heap:
    """Items in the nodes of a tree; `settled[node]` says that its item is no worse than below."""

    def __init__(self, n: int, arity: int) -> None:
        self.items = list(range(n))
        self.arity = arity
        self.settled = [False] * n
        self.front: list[int] = []

    def children(self, node: int) -> range:
        first = self.arity * node + 1
        return range(min(first, len(self.items)), min(first + self.arity, len(self.items)))

    def order(self) -> list[int]:
        beaten_by = [NOBODY] * len(self.settled)
        for node, item in enumerate(self.items[1:], start=1):
            above = (node - 1) // self.arity
            if self.settled[above]:
                beaten_by[item] = self.items[above]
        return winners_first(self.front, beaten_by)


Sift = Callable[[_Heap, int], Asking]


def heapsort(run: Run) -> Asking:
    """Heap sort that stops after the best `top_k`; an item sinks to a leaf and climbs from there.

    Wegener 1993 (bottom-up heap sort): about half the comparisons of sinking step by step.
    """
    yield from _drawn(run, _Heap(run.n, 2), _sunk)


def setwise_heap(run: Run) -> Asking:
    """A heap whose items sink by choosing the best of `size` (Zhuang et al. 2024).

    Options: `size`, an item and its size - 1 children.
    """
    yield from _drawn(run, _Heap(run.n, run.options["size"] - 1), _exchanged)


def _drawn(run: Run, heap: _Heap, sift: Sift) -> Asking:
    run.view = heap.order
    if run.n:
        yield from _heapified(heap, 0, sift)
    while len(heap.front) < run.top_k:
        heap.front.append(heap.items[0])
        run.n_certain = settled(run.n, len(heap.front))
        last = heap.items.pop()
        if heap.items:
            heap.items[0] = last
            heap.settled[0] = False
            if len(heap.front) < run.top_k:
                yield from sift(heap, 0)
    run.order[:] = heap.order()
    run.view = None


def _heapified(heap: _Heap, node: int, sift: Sift) -> Asking:
    """Make heaps below, side by side, then put the node's item in its place."""
    below = [_heapified(heap, child, sift) for child in heap.children(node) if heap.children(child)]
    if below:
        yield Together(below)
    yield from sift(heap, node)


def _sunk(heap: _Heap, top: int) -> Asking:
    """Find the path of the better children down to a leaf, then where on it the item belongs."""
    items = heap.items
    node = top
    while children := heap.children(node):
        node = children[0]
        if len(children) == 2 and (yield from precedes(items[children[1]], items[node])):
            node = children[1]
    while node != top and (yield from precedes(items[top], items[node])):
        node = (node - 1) // 2
    moving = items[top]
    while node != top:
        items[node], moving = moving, items[node]
        node = (node - 1) // 2
    items[top] = moving
    heap.settled[top] = True


def _exchanged(heap: _Heap, node: int) -> Asking:
    """The best of an item and its children goes up, until that is the item."""
    items = heap.items
    while True:
        heap.settled[node] = False
        children = heap.children(node)
        best = node
        if children:
            nodes = sorted((node, *children), key=items.__getitem__)
            [place] = yield Question(CHOOSE, tuple(items[each] for each in nodes))
            best = nodes[place]
        items[node], items[best] = items[best], items[node]
        heap.settled[node] = True
        if best == node:
            return
        node = best
