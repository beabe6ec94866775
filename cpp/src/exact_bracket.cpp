#include "zermelo/exact_bracket.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace zermelo {
namespace {

constexpr std::size_t kWidth = 8;
constexpr std::int32_t kMatch = 0, kExit = 8, kFirstLost = 0, kFirstWon = 1;

// The items that a register may hold, in ascending order, so that rows of the table are read
// forwards, and the probability of each.
struct Holders {
  std::size_t begin = 0;
  std::size_t size = 0;
};

// Items and probabilities of all registers, one after the other.
struct Arena {
  std::vector<std::int32_t> item;
  std::vector<double> probability;

  Holders add(std::size_t size) {
    const Holders holders{item.size(), size};
    item.resize(item.size() + size);
    probability.resize(item.size());
    return holders;
  }
};

struct Side {
  const std::int32_t* item;
  const double* probability;
  std::size_t size;
  double* win;
  double* lose;
};

// Partial sums: fixed, so that every instruction set adds in one order.
constexpr std::size_t kLanes = 8;

// One item of the first side against all of the second: what it wins and loses, and what it adds
// to those of the others. Sums of terms that are never negative keep the digits of small numbers.
ZERMELO_CLONES void play_one(const double* __restrict chance, const double* __restrict other,
                             std::size_t size, double p, double* __restrict win,
                             double* __restrict lose, double* __restrict totals) {
  double won[kLanes] = {}, lost[kLanes] = {};
  std::size_t j = 0;
  for (; j + kLanes <= size; j += kLanes) {
    ZERMELO_EVERY_LANE {
      const double t = chance[j + lane], u = 1.0 - t, q = other[j + lane];
      won[lane] += q * t;
      lost[lane] += q * u;
      lose[j + lane] += p * t;
      win[j + lane] += p * u;
    }
  }
  for (std::size_t lane = 0; j < size; ++j, ++lane) {
    const double t = chance[j], u = 1.0 - t, q = other[j];
    won[lane] += q * t;
    lost[lane] += q * u;
    lose[j] += p * t;
    win[j] += p * u;
  }
  totals[0] = totals[1] = 0.0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    totals[0] += won[lane];
    totals[1] += lost[lane];
  }
}

// All of the first side against all of the second.
void play(const double* table, std::size_t n, const Side& first, const Side& second,
          double* chance) {
  for (std::size_t i = 0; i < first.size; ++i) {
    const double* row = table + static_cast<std::size_t>(first.item[i]) * n;
    for (std::size_t j = 0; j < second.size; ++j) chance[j] = row[second.item[j]];
    const double p = first.probability[i];
    double totals[2];
    play_one(chance, second.probability, second.size, p, second.win, second.lose, totals);
    first.win[i] = p * totals[0];
    first.lose[i] = p * totals[1];
  }
  for (std::size_t j = 0; j < second.size; ++j) {
    second.win[j] *= second.probability[j];
    second.lose[j] *= second.probability[j];
  }
}

class Bracket {
 public:
  Bracket(std::int64_t n_items, std::int64_t n_registers)
      : n_(static_cast<std::size_t>(n_items)),
        held_(static_cast<std::size_t>(n_registers)),
        scratch_(6 * n_) {
    // Every match writes twice as many as reach it: about as many in all as the rounds of items.
    arena_.item.reserve(24 * n_);
    arena_.probability.reserve(24 * n_);
    for (std::size_t i = 0; i < n_; ++i) {
      held_[i] = arena_.add(1);
      arena_.item[held_[i].begin] = static_cast<std::int32_t>(i);
      arena_.probability[held_[i].begin] = 1.0;
    }
  }

  // False where both sides could hold the same item.
  bool match(const std::int32_t* operands, const double* tables) {
    const Holders a = held_[static_cast<std::size_t>(operands[0])];
    const Holders b = held_[static_cast<std::size_t>(operands[1])];
    double* scratch = scratch_.data();
    Side first = side(a, scratch, scratch + a.size);
    Side second = side(b, scratch + 2 * a.size, scratch + 2 * a.size + b.size);
    const std::int32_t forced = operands[6];
    if (forced == kFirstWon || forced == kFirstLost) {
      const bool won = forced == kFirstWon;
      std::fill(scratch, scratch + 2 * (a.size + b.size), 0.0);
      std::copy_n(first.probability, a.size, won ? first.win : first.lose);
      std::copy_n(second.probability, b.size, won ? second.lose : second.win);
    } else {
      std::fill(second.win, second.win + 2 * b.size, 0.0);
      const double* table = tables + static_cast<std::size_t>(operands[4]) * n_ * n_;
      play(table, n_, first, second, scratch_.data() + 4 * n_);
    }
    return merge(a, b, first.win, second.win, operands[2]) &&
           merge(a, b, first.lose, second.lose, operands[3]);
  }

  void exit(const std::int32_t* operands, std::size_t n_bands, double* band) const {
    const Holders holders = held_[static_cast<std::size_t>(operands[0])];
    for (std::size_t k = holders.begin; k < holders.begin + holders.size; ++k) {
      band[static_cast<std::size_t>(arena_.item[k]) * n_bands +
           static_cast<std::size_t>(operands[1])] += arena_.probability[k];
    }
  }

 private:
  Side side(const Holders& holders, double* win, double* lose) const {
    return {arena_.item.data() + holders.begin, arena_.probability.data() + holders.begin,
            holders.size, win, lose};
  }

  // Puts both sides' items, in order, into a register.
  bool merge(const Holders& a, const Holders& b, const double* of_a, const double* of_b,
             std::int32_t into) {
    const Holders out = arena_.add(a.size + b.size);
    const std::int32_t* item = arena_.item.data();
    std::size_t i = 0, j = 0;
    for (std::size_t k = out.begin; k < out.begin + out.size; ++k) {
      const bool from_a = j == b.size || (i < a.size && item[a.begin + i] < item[b.begin + j]);
      if (i < a.size && j < b.size && item[a.begin + i] == item[b.begin + j]) return false;
      arena_.item[k] = from_a ? item[a.begin + i] : item[b.begin + j];
      arena_.probability[k] = from_a ? of_a[i++] : of_b[j++];
    }
    held_[static_cast<std::size_t>(into)] = out;
    return true;
  }

  std::size_t n_;
  Arena arena_;
  std::vector<Holders> held_;
  // Wins and losses of both sides, and the chances of one row.
  std::vector<double> scratch_;
};

}  // namespace

Result exact_bracket(std::span<const std::int32_t> code, std::int64_t n_items,
                     std::int64_t n_registers, std::int64_t n_bands, std::span<const double> win,
                     std::span<double> band) {
  return guarded([&]() -> Result {
    Bracket bracket(n_items, n_registers);
    std::fill(band.begin(), band.end(), 0.0);
    for (std::size_t row = 0; row < code.size() / kWidth; ++row) {
      const std::int32_t* instruction = code.data() + row * kWidth;
      const auto index = static_cast<std::int64_t>(row);
      if (instruction[0] == kMatch) {
        if (!bracket.match(instruction + 1, win.data())) return {Status::invalid_value, index};
      } else if (instruction[0] == kExit) {
        bracket.exit(instruction + 1, static_cast<std::size_t>(n_bands), band.data());
      } else {
        return {Status::invalid_value, index};
      }
    }
    return {};
  });
}

}  // namespace zermelo
