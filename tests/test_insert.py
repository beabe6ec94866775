"""New items put into an order that stands already."""

import random

import pytest

from zermelo._backends.sorting import SortMachine
from zermelo.errors import InputError
from zermelo.sorting import comparators, sort
from zermelo.sorting.insertion import Insert, insert


@pytest.fixture
def machine(kernels):
    """Makes the machine of each backend in turn."""
    kind = kernels.SortMachine

    def make(n_ranked, n, top_k=None):
        return kind("insert", n, n if top_k is None else top_k, 0, 0, {"n_ranked": n_ranked})

    return make


def answer_all(sort, value, shuffle=None):
    """Answer by `value`, the higher the better, in some order; check the order at every step."""
    told = set()
    while not sort.done:
        order = sort.order()
        assert sorted(order) == list(range(len(value)))
        waiting = [number for number in range(sort.n_asked) if number not in told]
        number = shuffle.choice(waiting) if shuffle else waiting[0]
        told.add(number)
        [(_, (first, second))] = sort.questions(number)[:1]
        one, other = value[first], value[second]
        sort.tell(number, 0.5 if one == other else float(one > other), 1)
    return sort.order()


def ranked_and_new(n_ranked, n, draw, kinds):
    """Values of a ranked list and of new items behind it; equals are wanted too."""
    value = sorted((draw.randrange(kinds) for _ in range(n_ranked)), reverse=True)
    return value + [draw.randrange(kinds) for _ in range(n - n_ranked)]


@pytest.mark.parametrize("kinds", [3, 1000])
def test_the_order_is_exact_and_stable(machine, kinds):
    draw = random.Random(1)
    for n_ranked in (0, 1, 2, 3, 7, 20):
        for n_new in (0, 1, 2, 5, 30):
            value = ranked_and_new(n_ranked, n_ranked + n_new, draw, kinds)
            sort = machine(n_ranked, len(value))
            wanted = sorted(range(len(value)), key=lambda item: -value[item])
            assert answer_all(sort, value) == wanted
            assert sort.n_certain == len(value)


def test_the_top_is_exact(machine):
    draw = random.Random(2)
    for _ in range(60):
        n_ranked, n_new = draw.randrange(12), draw.randrange(12)
        value = ranked_and_new(n_ranked, n_ranked + n_new, draw, 8)
        if not value:
            continue
        top_k = draw.randrange(1, len(value) + 1)
        wanted = sorted(range(len(value)), key=lambda item: -value[item])
        sort = machine(n_ranked, len(value), top_k)
        assert answer_all(sort, value)[:top_k] == wanted[:top_k]
        assert sort.n_certain == top_k


def test_one_item_costs_the_depth_of_the_search(machine):
    for n_ranked in (1, 3, 4, 7, 100):
        value = [*range(n_ranked, 0, -1), 0.5]
        sort = machine(n_ranked, n_ranked + 1)
        answer_all(sort, value)
        assert sort.n_rounds == sort.n_lookups <= n_ranked.bit_length()


def test_who_does_not_reach_the_top_is_asked_once(machine):
    value = [*range(1000, 0, -1), *[0.5] * 20]
    sort = machine(1000, 1020, 10)
    answer_all(sort, value)
    assert (sort.n_asked, sort.n_rounds) == (20, 1)


def test_all_search_at_once(machine):
    value = [*range(1023, 0, -1), *[index + 0.5 for index in range(0, 1000, 10)]]
    sort = machine(1023, len(value))
    answer_all(sort, value)
    assert sort.n_rounds == 10
    assert sort.n_asked == 1000


def test_answers_may_arrive_in_any_order(machine):
    draw = random.Random(3)
    value = ranked_and_new(12, 40, draw, 15)
    steady = machine(12, 40)
    order = answer_all(steady, value)
    for seed in range(5):
        sort = machine(12, 40)
        assert answer_all(sort, value, random.Random(seed)) == order
        assert set(sort.questions(0)) == set(steady.questions(0))
        assert sort.n_rounds == steady.n_rounds


def test_the_twin_asks_the_same_and_shows_the_same(machine):
    draw = random.Random(5)
    for _ in range(40):
        n_ranked, n_new = draw.randrange(15), draw.randrange(15)
        n = n_ranked + n_new
        top_k = draw.randrange(1, n + 1) if n else 0
        sort = machine(n_ranked, n, top_k)
        twin = SortMachine("insert", n, top_k, 0, 0, {"n_ranked": n_ranked})
        waiting = []
        seen = 0
        while True:
            assert sort.questions(seen) == twin.questions(seen)
            assert (sort.order(), sort.n_certain) == (twin.order(), twin.n_certain)
            assert (sort.n_rounds, sort.n_lookups) == (twin.n_rounds, twin.n_lookups)
            waiting += range(seen, sort.n_asked)
            seen = sort.n_asked
            assert sort.done == twin.done
            if sort.done:
                break
            number = waiting.pop(draw.randrange(len(waiting)))
            answer = draw.choice([0.0, 0.5, 1.0])
            sort.tell(number, answer, 1)
            twin.tell(number, answer, 1)


def test_an_early_end_has_new_items_about_where_they_belong(machine):
    value = [*range(100, 0, -1), 90.5]
    sort = machine(100, 101)
    for number in range(3):
        [(_, (first, second))] = sort.questions(number)
        sort.tell(number, float(value[first] > value[second]), 1)
    assert abs(sort.order().index(100) - 10) <= 7


def test_insert_is_a_sort_of_both_lists():
    draw = random.Random(4)
    ranked = sorted((draw.random() for _ in range(50)), reverse=True)
    new = [draw.random() for _ in range(12)]
    asked = []

    def compare(x, y):
        asked.append((x, y))
        return x > y

    result = insert(new, ranked, compare)
    assert result.ranked == sorted([*ranked, *new], reverse=True)
    both = [*ranked, *new]
    assert [both[position] for position in result.order] == result.ranked
    assert result.complete
    assert result.n_certain == 62
    assert len(asked) == result.n_calls == 2 * result.n_pairs
    # Ranked items are not compared with each other.
    assert all(x in new or y in new for x, y in asked)
    again = sort(both, compare, method=Insert(50))
    assert again.ranked == result.ranked


def test_insert_keeps_the_order_of_the_ranked_whatever_is_said():
    compare = comparators.noisy(range(30), seed=1)
    ranked = [5, 20, 1, 17, 3]
    new = [index for index in range(30) if index not in ranked]
    for presentation in ("both", "single", "random", "escalate"):
        result = insert(new, ranked, compare, presentation=presentation, seed=2)
        assert [item for item in result.ranked if item in ranked] == ranked
        assert sorted(result.ranked) == list(range(30))


def test_insert_of_nothing_and_into_nothing():
    assert insert([], [3, 2], lambda x, y: x > y).ranked == [3, 2]
    assert insert([2, 3], [], lambda x, y: x > y).ranked == [3, 2]
    assert insert([], [], lambda x, y: x > y).ranked == []


def test_insert_with_a_log_and_a_budget(tmp_path):
    calls = []

    def compare(x, y):
        calls.append((x, y))
        return x["grade"] > y["grade"]

    items = [{"name": f"item {grade}", "grade": grade} for grade in range(40)]
    ranked, new = items[:30:-1] + items[29::-1], [items[30]]
    ids = [item["name"] for item in [*ranked, *new]]
    log = tmp_path / "log.jsonl"
    part = insert(new, ranked, compare, ids=ids, log=log, budget=6)
    assert not part.complete
    assert part.n_calls == 6
    result = insert(new, ranked, compare, ids=ids, log=log)
    assert [item["grade"] for item in result.ranked] == list(range(39, -1, -1))
    assert len(calls) == len(set(map(str, calls))) == result.n_calls


def test_insert_asks_in_parallel():
    ranked = list(range(127, 0, -1))
    result = insert([index + 0.5 for index in range(8)], ranked, lambda x, y: x > y, concurrency=4)
    assert result.n_rounds == 7
    assert result.ranked == sorted([*ranked, *[index + 0.5 for index in range(8)]], reverse=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: insert("ab", [1], max), "new must be a list of items, but is a str"),
        (lambda: insert([1], {1: 2}, max), "ranked must be a list of items, but is a dict"),
        (lambda: insert([1], [2], lambda x, y: x > y, top_k=3), "top_k must be at most"),
        (lambda: Insert(-1), "n_ranked must be a whole number of at least 0, but is -1"),
        (lambda: sort([1, 2], lambda x, y: x > y, method=Insert(3)), "n_ranked must be at most 2"),
        (lambda: insert([1], [2]), "compare"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(InputError, match=message):
        call()
