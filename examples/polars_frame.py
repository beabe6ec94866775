"""Rate language models from a polars frame of votes, and get a polars frame back."""

import zermelo as zm

try:
    import polars as pl
except ModuleNotFoundError:
    raise SystemExit("This example needs polars: pip install polars") from None

votes = pl.DataFrame(
    {
        "model_a": ["red", "red", "green", "blue", "blue", "green", "red", "blue", "green"],
        "model_b": ["green", "blue", "blue", "red", "green", "red", "green", "red", "blue"],
        "winner": [
            *("model_a", "tie", "model_a", "model_b", "model_b"),
            *("model_b", "both_bad", "model_a", "model_b"),
        ],
    }
)

# A vote that both answers are bad says nothing about which is better: leave it out.
comparisons = zm.Comparisons.from_frame(
    votes, "model_a", "model_b", "winner", outcomes={"both_bad": None}
)
print(zm.bradley_terry(comparisons).to_frame())
