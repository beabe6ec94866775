"""Tournament designs: exact probabilities, simulations and comparisons."""
