// Bradley-Terry fits of many small tables of wins at once: what simulated tournaments leave behind.
#pragma once

#include <cstdint>
#include <span>

#include "zermelo/types.hpp"

namespace zermelo {

struct SmallFitLimits {
  double tol;             // a last Newton step of at most this, in every ability, ends a fit
  std::int64_t max_iter;  // Newton steps
  int threads;
};

// Abilities of each table, (tables x items) in `ability`, summing to zero. `wins` is (tables,
// items, items): how often the row beat the column, a tie being half a win for each; its diagonal
// is not read. Every item also plays `prior` > 0 games against a virtual item of ability 0, half
// won and half lost, so that the maximum exists.
//
// `last_step` receives the largest change of an ability in each table's last step. Newton's method
// converges quadratically: the error that is left is of the order of its square. A step larger than
// `tol` was the last of max_iter, or met numbers that are not finite.
Result small_fits(std::span<const double> wins, std::int64_t n_items, double prior,
                  const SmallFitLimits& limits, const Control& control, std::span<double> ability,
                  std::span<double> last_step);

}  // namespace zermelo
