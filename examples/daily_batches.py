"""Sort with a provider who answers a batch of questions within a day.

Batch APIs take a file of JSON lines, each with a `custom_id`, and return another file, in any order
and not always complete. Between two days nothing runs here: the sorter is a file too.
"""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import zermelo as zm

DOCUMENTS = [f"document {number}" for number in range(60)]
QUALITY = {text: random.Random(text).gauss(0.0, 1.0) for text in DOCUMENTS}
PROMPT = "Which answers the question better, A or B?\nA: {x}\nB: {y}"


def write_requests(asks: list[zm.sorting.Ask], path: Path) -> None:
    """One line an ask, as a provider wants it."""
    with path.open("w") as file:
        for ask in asks:
            content = PROMPT.format(x=ask.x, y=ask.y)
            body = {"model": "judge-1", "messages": [{"role": "user", "content": content}]}
            file.write(json.dumps({"custom_id": ask.id, "body": body}) + "\n")


def pretend_to_be_the_provider(requests: Path, responses: Path, day: int) -> None:
    """Answers with noise, in an order of its own; one in fifty requests expires."""
    rng = random.Random(day)
    lines = [json.loads(line) for line in requests.read_text().splitlines()]
    rng.shuffle(lines)
    with responses.open("w") as file:
        for line in lines:
            if rng.random() < 0.02:
                continue
            _, first, second = line["body"]["messages"][0]["content"].split("\n")
            lead = QUALITY[first[3:]] - QUALITY[second[3:]] + rng.gauss(0.0, 0.2)
            answer = {"custom_id": line["custom_id"], "answer": "A" if lead > 0 else "B"}
            file.write(json.dumps(answer) + "\n")


def one_day(state: Path, day: int) -> bool:
    """Take in yesterday's answers and send today's questions; False when there are none."""
    requests, responses = state.with_name("requests.jsonl"), state.with_name("responses.jsonl")
    sorter = zm.Sorter.load(state, DOCUMENTS)
    if responses.exists():
        answers = [json.loads(line) for line in responses.read_text().splitlines()]
        sorter.tell_many({answer["custom_id"]: answer["answer"] for answer in answers})
        sorter.save(state)
    asks = sorter.pending()  # what expired is among them again
    result = sorter.result()
    print(f"day {day}: {result.n_calls:5,} answers so far, {len(asks):5,} asked today")
    if asks:
        write_requests(asks, requests)
        pretend_to_be_the_provider(requests, responses, day)
    return bool(asks)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "sorter.json"
        # Four answers that wait for each other at most: so many days, but for what expires.
        zm.Sorter(DOCUMENTS, method="quickselect", top_k=10, max_rounds=4).save(state)
        day = 1
        while one_day(state, day):
            day += 1
        result = zm.Sorter.load(state, DOCUMENTS).result()
    best = sorted(DOCUMENTS, key=QUALITY.__getitem__, reverse=True)[:10]
    print(f"{result}; {len(set(result.ranked[:10]) & set(best))} of the best 10 found")


if __name__ == "__main__":
    main()
