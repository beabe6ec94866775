// The bootstrap: each replicate draws as often as the data has comparisons, or clusters of them,
// and fits the abilities again. What is drawn from are cells: of the comparisons with one pair and
// outcome, drawn in proportion to their number, or of a single cluster.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

// Walker's alias tables (1977) in Vose's (1991) order, in integers, so that they are the same
// wherever they are made. Table t has the slots [begin[t], begin[t + 1]), a power of two of them,
// whose weights add up to 2^31 times their number. A draw takes a slot at random, and the slot
// itself where 31 more random bits are below its threshold, else its alias (within the table).
// Status::invalid_value, with the table's index, where the weights do not add up.
Result alias_tables(std::span<const std::int64_t> weight, std::span<const std::int64_t> begin,
                    std::span<std::uint32_t> threshold, std::span<std::uint32_t> alias);

// How a replicate's counts are drawn: exactly multinomial, in about one table look-up a cell.
//
// Each unit is a Poisson variable whose mean depends on its table, and belongs to a cell; a cell's
// units have means that add up to (1 - margin) times the cell's count. Independent Poisson
// variables, given their total, are multinomial; so they are given any event that only concerns the
// total, such as that it is at most n_comparisons (where it is more, all units are drawn again).
// What is missing to n_comparisons is drawn one by one from the cells' own alias table, and the sum
// of independent multinomial draws with the same probabilities is multinomial. Hence the result is
// multinomial whatever the margin, which only decides how much is drawn one by one.
//
// Random bits are SplitMix64 (Steele, Lea and Flood 2014) of the key, the replicate and a counter,
// so that a replicate is the same whoever draws it.
struct CellSampler {
  std::span<const std::uint32_t> threshold;  // slots of all Poisson tables
  std::span<const std::uint32_t> alias;
  std::span<const std::int64_t> table_begin;   // tables + 1
  std::span<const std::int64_t> least;         // the value of each table's first slot
  std::span<const std::int64_t> unit_offsets;  // tables + 1: units of each table
  std::span<const std::int32_t> unit_cell;
  std::span<const std::uint32_t> cell_threshold;  // a power of two of slots, at least n_cells
  std::span<const std::uint32_t> cell_alias;
  std::int64_t n_cells;
  std::int64_t n_comparisons;
  std::uint64_t key;
};

// `counts`, (n_replicates x cells), receives the counts of the replicates from `first_replicate`.
Result multinomial_draws(const CellSampler& sampler, std::int64_t first_replicate,
                         std::int64_t n_replicates, int threads, const Control& control,
                         std::span<std::int64_t> counts);

// What the counts of the cells mean, and the model that is fitted to them.
struct BootstrapModel {
  std::span<const std::int64_t> part_offsets;  // pairs + 1: the parts of each pair, which say
  std::span<const std::int32_t> part_cell;     // what one draw of a cell
  std::span<const double> part_low;            // credits the pair's lower item with,
  std::span<const double> part_high;           // and its higher one
  std::span<const std::int32_t> low;           // unique pairs low < high, sorted
  std::span<const std::int32_t> high;
  std::span<const std::int64_t> offsets;     // compressed rows of those pairs, each in both
  std::span<const std::int32_t> neighbour;   // items' rows
  std::span<const std::int32_t> entry_pair;  // the pair of each entry
  std::span<const double> ability;           // the estimate from which replicates start
  std::span<const double> inverse;           // of the information there, n x n with zeros for held
                                             // items; empty: Newton's method from the beginning
  std::span<const std::uint8_t> held;
  std::span<const std::int32_t> centre;  // as in BradleyTerry
  std::int32_t n_centres;
  std::span<const std::uint8_t> root;  // where to look from whether the maximum exists
  bool may_fail;                       // false: it always does
  double prior;
};

struct BootstrapLimits {
  double tol;                // a last step of at most this ends a replicate
  std::int64_t max_iter;     // of Newton's method, where a replicate needs it
  std::int64_t dense_below;  // as in fit_newton
  int threads;
};

// Abilities of the replicates, (n_replicates x items) in `ability`, a row of NaN where the maximum
// does not exist or was not found.
//
// A replicate lies close to the estimate, so that the information there serves for all steps (the
// chord method): their errors shrink by a factor of about one over the root of the comparisons an
// item. Where steps shrink slowly Newton's method takes over.
Result bootstrap_abilities(const CellSampler& sampler, const BootstrapModel& model,
                           const BootstrapLimits& limits, std::int64_t first_replicate,
                           std::int64_t n_replicates, const Control& control,
                           std::span<double> ability);

}  // namespace zermelo
