#include "zermelo/bootstrap.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "zermelo/bradley_terry.hpp"
#include "zermelo/parallel.hpp"
#include "zermelo/random.hpp"

namespace zermelo {
namespace {

constexpr std::int64_t kUnit = std::int64_t{1} << 31;
constexpr std::uint64_t kLowBits = 0x7fffffffU;

// A chord step that is longer than this, or longer than this fraction of the one before, is left to
// Newton's method.
constexpr double kLongestStep = 1.0;
constexpr double kSlowest = 0.3;
// Strengths exp(ability) must stay finite, their sums too.
constexpr double kWidestAbility = 300.0;
// Work, in cells and pairs, that is worth handing to a thread.
constexpr std::int64_t kWorkPerChunk = 400'000;

constexpr std::size_t kBlock = 256;

ZERMELO_CLONES
void fill_random(std::uint64_t start, std::size_t size, std::uint64_t* out) {
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = mixed(start + (static_cast<std::uint64_t>(i) + 1) * kGolden);
  }
}

std::uint32_t look_up(const std::uint32_t* threshold, const std::uint32_t* alias,
                      std::uint64_t mask, std::uint64_t bits) {
  // Both are loaded, so that no branch depends on the random bits.
  const auto slot = static_cast<std::uint32_t>((bits >> 32) & mask);
  const std::uint32_t other = alias[slot];
  return static_cast<std::uint32_t>(bits & kLowBits) < threshold[slot] ? slot : other;
}

void draw(const CellSampler& sampler, std::int64_t replicate, std::int64_t* counts) {
  std::uint64_t state = stream(sampler.key, replicate);
  std::uint64_t random[kBlock];
  std::int64_t total = 0;
  do {
    std::fill_n(counts, sampler.n_cells, 0);
    total = 0;
    for (std::size_t table = 0; table + 1 < sampler.table_begin.size(); ++table) {
      const auto begin = static_cast<std::size_t>(sampler.table_begin[table]);
      const auto mask = static_cast<std::uint64_t>(sampler.table_begin[table + 1]) - begin - 1;
      const std::uint32_t* threshold = sampler.threshold.data() + begin;
      const std::uint32_t* alias = sampler.alias.data() + begin;
      const std::int64_t least = sampler.least[table];
      auto unit = static_cast<std::size_t>(sampler.unit_offsets[table]);
      const auto end = static_cast<std::size_t>(sampler.unit_offsets[table + 1]);
      while (unit < end) {
        const std::size_t size = std::min(kBlock, end - unit);
        fill_random(state, size, random);
        state += size * kGolden;
        for (std::size_t i = 0; i < size; ++i) {
          const std::int64_t value = least + look_up(threshold, alias, mask, random[i]);
          counts[sampler.unit_cell[unit + i]] += value;
          total += value;
        }
        unit += size;
      }
    }
  } while (total > sampler.n_comparisons);
  const std::uint64_t mask = sampler.cell_threshold.size() - 1;
  for (auto left = static_cast<std::size_t>(sampler.n_comparisons - total); left > 0;) {
    const std::size_t size = std::min(kBlock, left);
    fill_random(state, size, random);
    state += size * kGolden;
    for (std::size_t i = 0; i < size; ++i) {
      ++counts[look_up(sampler.cell_threshold.data(), sampler.cell_alias.data(), mask, random[i])];
    }
    left -= size;
  }
}

// Replicates whose credits are added at once. Where cells have many parts, as clusters do, reading
// those is the work, and they are read once for so many replicates.
constexpr std::size_t kLanes = 16;
constexpr std::size_t kManyParts = 4;
// Single precision holds all counts up to here, and keeps twice as many in a core's cache.
constexpr std::int64_t kMostInLanes = std::int64_t{1} << 24;

void add_parts(const BootstrapModel& model, const std::int64_t* drawn, double* won) {
  for (std::size_t pair = 0; pair < model.low.size(); ++pair) {
    double low = 0.0;
    double high = 0.0;
    const auto end = static_cast<std::size_t>(model.part_offsets[pair + 1]);
    for (auto part = static_cast<std::size_t>(model.part_offsets[pair]); part < end; ++part) {
      const auto times = static_cast<double>(drawn[model.part_cell[part]]);
      low += times * model.part_low[part];
      high += times * model.part_high[part];
    }
    won[2 * pair] = low;
    won[2 * pair + 1] = high;
  }
}

// Sums over the parts [begin, end) for `drawn` of shape (cells, kLanes). Of one item of a pair, and
// in memory: of more, or of variables, compilers make single numbers again.
ZERMELO_CLONES
void add_credit(const std::int32_t* cell, const double* credit, std::size_t begin, std::size_t end,
                const float* drawn, double* sums) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] = 0.0;
  for (std::size_t part = begin; part < end; ++part) {
    const float* times = drawn + kLanes * static_cast<std::size_t>(cell[part]);
    const double each = credit[part];
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += times[lane] * each;
  }
}

// `won` is (kLanes, 2 pairs).
void add_parts_in_lanes(const BootstrapModel& model, const float* drawn, double* won) {
  const std::size_t n_pairs = model.low.size();
  double low[kLanes];
  double high[kLanes];
  for (std::size_t pair = 0; pair < n_pairs; ++pair) {
    const auto begin = static_cast<std::size_t>(model.part_offsets[pair]);
    const auto end = static_cast<std::size_t>(model.part_offsets[pair + 1]);
    add_credit(model.part_cell.data(), model.part_low.data(), begin, end, drawn, low);
    add_credit(model.part_cell.data(), model.part_high.data(), begin, end, drawn, high);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      won[2 * (lane * n_pairs + pair)] = low[lane];
      won[2 * (lane * n_pairs + pair) + 1] = high[lane];
    }
  }
}

std::size_t lanes_of(const CellSampler& sampler, const BootstrapModel& model) {
  const bool many = model.part_cell.size() > kManyParts * static_cast<std::size_t>(sampler.n_cells);
  return many && sampler.n_comparisons <= kMostInLanes ? kLanes : 1;
}

// Some replicates after others, in the same memory.
class Replicates {
 public:
  Replicates(const CellSampler& sampler, const BootstrapModel& model, const BootstrapLimits& limits)
      : sampler_(sampler),
        model_(model),
        limits_(limits),
        lanes_(lanes_of(sampler, model)),
        counts_(static_cast<std::size_t>(sampler.n_cells)),
        drawn_(lanes_ == 1 ? 0 : kLanes * counts_.size()),
        won_in_lanes_(lanes_ * 2 * model.low.size()),
        score_(model.ability.size()),
        step_(model.ability.size()),
        strength_(model.ability.size()),
        seen_(model.ability.size()) {
    n_seen_wanted_ = 0;
    for (std::size_t i = 0; i < model.held.size(); ++i) {
      n_seen_wanted_ += !model.held[i] || model.root[i];
      widest_ = std::max(widest_, std::abs(model.ability[i]));
    }
  }

  // The replicates [begin, end), counted from the sampler's first; `ability` is (end - begin, n).
  void fit(std::int64_t begin, std::int64_t end, std::span<double> ability) {
    const std::size_t n = model_.ability.size();
    const auto total = static_cast<std::size_t>(end - begin);
    for (std::size_t done = 0; done < total; done += lanes_) {
      const std::size_t n_lanes = std::min(lanes_, total - done);
      for (std::size_t lane = 0; lane < n_lanes; ++lane) {
        draw(sampler_, begin + static_cast<std::int64_t>(done + lane), counts_.data());
        for (std::size_t cell = 0; cell < drawn_.size() / kLanes; ++cell) {
          drawn_[cell * kLanes + lane] = static_cast<float>(counts_[cell]);
        }
      }
      if (lanes_ == 1) {
        add_parts(model_, counts_.data(), won_in_lanes_.data());
      } else {
        add_parts_in_lanes(model_, drawn_.data(), won_in_lanes_.data());
      }
      for (std::size_t lane = 0; lane < n_lanes; ++lane) {
        won_ =
            std::span(won_in_lanes_).subspan(lane * 2 * model_.low.size(), 2 * model_.low.size());
        fit_lane(ability.subspan((done + lane) * n, n));
      }
    }
  }

 private:
  void fit_lane(std::span<double> ability) {
    if (model_.may_fail && !(all_seen(false) && all_seen(true))) {
      std::fill(ability.begin(), ability.end(), std::numeric_limits<double>::quiet_NaN());
      return;
    }
    std::copy(model_.ability.begin(), model_.ability.end(), ability.begin());
    if (model_.inverse.empty() || widest_ > kWidestAbility || !chord(ability)) newton(ability);
  }

  // Whether all items are reached from the roots along wins, or along losses. Where both hold the
  // graph is strongly connected.
  bool all_seen(bool along_losses) {
    std::fill(seen_.begin(), seen_.end(), 0);
    frontier_.clear();
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (model_.root[i]) {
        seen_[i] = 1;
        frontier_.push_back(static_cast<std::int32_t>(i));
      }
    }
    for (std::size_t at = 0; at < frontier_.size(); ++at) {
      if (frontier_.size() == n_seen_wanted_) return true;
      const std::int32_t item = frontier_[at];
      const auto row = static_cast<std::size_t>(item);
      for (auto k = static_cast<std::size_t>(model_.offsets[row]);
           k < static_cast<std::size_t>(model_.offsets[row + 1]); ++k) {
        const std::int32_t other = model_.neighbour[k];
        const auto pair = static_cast<std::size_t>(model_.entry_pair[k]);
        const std::size_t side = (item < other) == along_losses ? 1 : 0;
        if (seen_[static_cast<std::size_t>(other)] || !(won_[2 * pair + side] > 0.0)) {
          continue;
        }
        seen_[static_cast<std::size_t>(other)] = 1;
        frontier_.push_back(other);
      }
    }
    return frontier_.size() == n_seen_wanted_;
  }

  void evaluate(std::span<const double> ability) {
    for (std::size_t i = 0; i < strength_.size(); ++i) {
      strength_[i] = std::exp(ability[i]);
      score_[i] =
          model_.prior > 0.0 ? model_.prior * (0.5 - strength_[i] / (1.0 + strength_[i])) : 0.0;
    }
    // Pairs are sorted by their lower item, whose sum stays in a register.
    for (std::size_t pair = 0; pair < model_.low.size();) {
      const std::int32_t lower = model_.low[pair];
      const double own = strength_[static_cast<std::size_t>(lower)];
      double sum = 0.0;
      for (; pair < model_.low.size() && model_.low[pair] == lower; ++pair) {
        const auto j = static_cast<std::size_t>(model_.high[pair]);
        const double other = strength_[j];
        const double residual = (won_[2 * pair] * other - won_[2 * pair + 1] * own) / (own + other);
        sum += residual;
        score_[j] -= residual;
      }
      score_[static_cast<std::size_t>(lower)] += sum;
    }
  }

  // step = inverse * score, by rows: the inverse is symmetric.
  ZERMELO_CLONES
  static void multiply(const double* inverse, const double* score, std::size_t n, double* step) {
    std::fill_n(step, n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const double factor = score[i];
      const double* row = inverse + i * n;
      for (std::size_t j = 0; j < n; ++j) step[j] += factor * row[j];
    }
  }

  // False where Newton's method should go on from where it has come to.
  bool chord(std::span<double> ability) {
    double before = kLongestStep / kSlowest;
    for (;;) {
      evaluate(ability);
      multiply(model_.inverse.data(), score_.data(), step_.size(), step_.data());
      double size = 0.0;
      for (const double value : step_) size = std::max(size, std::abs(value));
      if (size > kSlowest * before && size > limits_.tol) return false;
      for (std::size_t i = 0; i < ability.size(); ++i) ability[i] += step_[i];
      if (size <= limits_.tol) return true;
      before = size;
    }
  }

  void newton(std::span<double> ability) {
    entry_win_.resize(model_.neighbour.size());
    entry_loss_.resize(model_.neighbour.size());
    for (std::size_t row = 0; row + 1 < model_.offsets.size(); ++row) {
      for (auto k = static_cast<std::size_t>(model_.offsets[row]);
           k < static_cast<std::size_t>(model_.offsets[row + 1]); ++k) {
        const auto pair = static_cast<std::size_t>(model_.entry_pair[k]);
        const std::size_t side = static_cast<std::int32_t>(row) < model_.neighbour[k] ? 0 : 1;
        entry_win_[k] = won_[2 * pair + side];
        entry_loss_[k] = won_[2 * pair + 1 - side];
      }
    }
    const BradleyTerry<double> model{{model_.offsets, model_.neighbour, entry_win_, entry_loss_},
                                     model_.held,
                                     model_.centre,
                                     model_.n_centres,
                                     model_.prior};
    Convergence found;
    const Result result = fit_newton(model, {limits_.tol, limits_.max_iter, 1}, limits_.dense_below,
                                     {}, ability, found);
    if (result.status == Status::out_of_memory) throw std::bad_alloc();
    if (!found.converged) {
      std::fill(ability.begin(), ability.end(), std::numeric_limits<double>::quiet_NaN());
    }
  }

  const CellSampler& sampler_;
  const BootstrapModel& model_;
  const BootstrapLimits& limits_;
  std::size_t lanes_;
  std::vector<std::int64_t> counts_;
  std::vector<float> drawn_;          // how often every cell was drawn, (cells, kLanes)
  std::vector<double> won_in_lanes_;  // (lanes, 2 pairs)
  std::span<double> won_;  // in one replicate, by the lower and the higher item of each pair
  std::vector<double> score_;
  std::vector<double> step_;
  std::vector<double> strength_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::int32_t> frontier_;
  std::vector<double> entry_win_;
  std::vector<double> entry_loss_;
  std::size_t n_seen_wanted_ = 0;
  double widest_ = 0.0;
};

}  // namespace

Result alias_tables(std::span<const std::int64_t> weight, std::span<const std::int64_t> begin,
                    std::span<std::uint32_t> threshold, std::span<std::uint32_t> alias) {
  return guarded([&]() -> Result {
    std::vector<std::int64_t> left(weight.begin(), weight.end());
    std::vector<std::size_t> small;
    std::vector<std::size_t> large;
    for (std::size_t table = 0; table + 1 < begin.size(); ++table) {
      const auto from = static_cast<std::size_t>(begin[table]);
      const auto to = static_cast<std::size_t>(begin[table + 1]);
      std::int64_t sum = 0;
      small.clear();
      large.clear();
      bool negative = false;
      for (std::size_t slot = from; slot < to; ++slot) {
        negative = negative || left[slot] < 0;
        sum += left[slot];
        (left[slot] < kUnit ? small : large).push_back(slot);
      }
      if (negative || !std::has_single_bit(to - from) ||
          sum != kUnit * static_cast<std::int64_t>(to - from)) {
        return {Status::invalid_value, static_cast<std::int64_t>(table)};
      }
      while (!small.empty()) {
        const std::size_t slot = small.back();
        const std::size_t donor = large.back();
        small.pop_back();
        threshold[slot] = static_cast<std::uint32_t>(left[slot]);
        alias[slot] = static_cast<std::uint32_t>(donor - from);
        left[donor] -= kUnit - left[slot];
        if (left[donor] < kUnit) {
          large.pop_back();
          small.push_back(donor);
        }
      }
      for (const std::size_t slot : large) {
        threshold[slot] = static_cast<std::uint32_t>(kUnit);
        alias[slot] = static_cast<std::uint32_t>(slot - from);
      }
    }
    return {};
  });
}

Result multinomial_draws(const CellSampler& sampler, std::int64_t first_replicate,
                         std::int64_t n_replicates, int threads, const Control& control,
                         std::span<std::int64_t> counts) {
  return guarded([&]() -> Result {
    Team team(threads, control);
    team.run(n_replicates, [&](std::int64_t replicate) {
      draw(sampler, first_replicate + replicate, counts.data() + replicate * sampler.n_cells);
    });
    return {};
  });
}

Result bootstrap_abilities(const CellSampler& sampler, const BootstrapModel& model,
                           const BootstrapLimits& limits, std::int64_t first_replicate,
                           std::int64_t n_replicates, const Control& control,
                           std::span<double> ability) {
  return guarded([&]() -> Result {
    const auto n = model.ability.size();
    const auto lanes = static_cast<std::int64_t>(lanes_of(sampler, model));
    const auto work = static_cast<std::int64_t>(model.part_cell.size() + model.neighbour.size());
    // Whole groups of lanes, so that no part is read for fewer replicates than it could be.
    const std::int64_t size = lanes * std::max<std::int64_t>(1, kWorkPerChunk / (lanes * work + 1));
    Team team(limits.threads, control);
    team.run((n_replicates + size - 1) / size, [&](std::int64_t chunk) {
      Replicates replicates(sampler, model, limits);
      const std::int64_t begin = chunk * size;
      const std::int64_t end = std::min(begin + size, n_replicates);
      replicates.fit(first_replicate + begin, first_replicate + end,
                     ability.subspan(static_cast<std::size_t>(begin) * n,
                                     static_cast<std::size_t>(end - begin) * n));
    });
    return {};
  });
}

}  // namespace zermelo
