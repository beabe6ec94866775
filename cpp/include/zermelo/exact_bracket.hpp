// Exact probabilities of knockouts: where the two sides of every match come from different items,
// who reaches it is independent on both sides, and one pass over the table of probabilities does.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

// `code`: rows of eight numbers as zermelo.tournament.program describes them, of which only MATCH
// and EXIT are known here. `win`: tables x n_items x n_items, the chance of the row's item, named
// first, against the column's. band[i * n_bands + k] becomes the probability that item i ends in
// band k.
//
// Status::invalid_value with the number of an instruction that is of another kind, or whose sides
// could hold the same item.
Result exact_bracket(std::span<const std::int32_t> code, std::int64_t n_items,
                     std::int64_t n_registers, std::int64_t n_bands, std::span<const double> win,
                     std::span<double> band);

}  // namespace zermelo
