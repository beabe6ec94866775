#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "check.hpp"
#include "zermelo/bootstrap.hpp"

namespace {

using zermelo::BootstrapModel;
using zermelo::CellSampler;
using zermelo::Status;

constexpr std::int64_t kSlot = std::int64_t{1} << 31;

void test_alias_tables() {
  std::vector<std::int64_t> weight{0, 3 * kSlot, kSlot / 2, kSlot / 2, 5, 2 * kSlot - 5};
  const std::vector<std::int64_t> begin{0, 4, 6};
  std::vector<std::uint32_t> threshold(6);
  std::vector<std::uint32_t> alias(6);
  CHECK(zermelo::alias_tables(weight, begin, threshold, alias).status == Status::ok);
  std::vector<std::int64_t> held(6, 0);
  for (std::size_t slot = 0; slot < 6; ++slot) {
    held[slot] += threshold[slot];
    held[(slot < 4 ? 0 : 4) + alias[slot]] += kSlot - threshold[slot];
  }
  CHECK(held == weight);
  weight[5] -= 1;
  const auto wrong = zermelo::alias_tables(weight, begin, threshold, alias);
  CHECK(wrong.status == Status::invalid_value && wrong.index == 1);
}

// Three items that beat one another; the cells are who won in each pair.
struct Circle {
  std::vector<std::int64_t> count;
  std::vector<std::uint32_t> cell_threshold = std::vector<std::uint32_t>(8);
  std::vector<std::uint32_t> cell_alias = std::vector<std::uint32_t>(8);
  std::vector<std::int64_t> nothing{0};
  std::vector<std::int64_t> part_offsets{0, 2, 4, 6};
  std::vector<std::int32_t> part_cell{0, 1, 2, 3, 4, 5};
  std::vector<double> part_low{1, 0, 1, 0, 1, 0};
  std::vector<double> part_high{0, 1, 0, 1, 0, 1};
  std::vector<std::int32_t> low{0, 0, 1};
  std::vector<std::int32_t> high{1, 2, 2};
  std::vector<std::int64_t> offsets{0, 2, 4, 6};
  std::vector<std::int32_t> neighbour{1, 2, 0, 2, 0, 1};
  std::vector<std::int32_t> entry_pair{0, 1, 0, 2, 1, 2};
  std::vector<double> ability{0.0, 0.0, 0.0};
  std::vector<double> inverse;
  std::vector<std::uint8_t> held{0, 0, 0};
  std::vector<std::int32_t> centre{0, 0, 0};
  std::vector<std::uint8_t> root{1, 0, 0};

  explicit Circle(std::int64_t each) : count(6, each) {
    std::vector<std::int64_t> weight(8, 0);
    for (std::size_t cell = 0; cell < 6; ++cell) weight[cell] = 8 * kSlot / 6;
    weight[0] += 8 * kSlot - std::accumulate(weight.begin(), weight.end(), std::int64_t{0});
    const std::vector<std::int64_t> begin{0, 8};
    CHECK(zermelo::alias_tables(weight, begin, cell_threshold, cell_alias).status == Status::ok);
    // The information is each / 2 times the Laplacian of a triangle; on vectors that sum to zero
    // its inverse is the identity over 3 each / 2.
    inverse.assign(9, 0.0);
    for (std::size_t i = 0; i < 3; ++i) inverse[4 * i] = 2.0 / (3.0 * static_cast<double>(each));
  }

  CellSampler sampler() const {
    return {{}, {}, nothing, {}, nothing, {}, cell_threshold, cell_alias, 6, 6 * count[0], 99};
  }

  BootstrapModel model(bool with_inverse) const {
    return {part_offsets,
            part_cell,
            part_low,
            part_high,
            low,
            high,
            offsets,
            neighbour,
            entry_pair,
            ability,
            with_inverse ? std::span<const double>(inverse) : std::span<const double>{},
            held,
            centre,
            1,
            root,
            true,
            0.0};
  }

  std::vector<double> run(bool with_inverse, int threads, std::int64_t n = 40) const {
    std::vector<double> out(static_cast<std::size_t>(3 * n));
    const zermelo::BootstrapLimits limits{1e-10, 100, 512, threads};
    CHECK(zermelo::bootstrap_abilities(sampler(), model(with_inverse), limits, 0, n, {}, out)
              .status == Status::ok);
    return out;
  }
};

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void test_draws() {
  const Circle circle(7);
  std::vector<std::int64_t> once(6 * 50);
  CHECK(zermelo::multinomial_draws(circle.sampler(), 0, 50, 1, {}, once).status == Status::ok);
  for (std::size_t at = 0; at < once.size(); at += 6) {
    CHECK(std::accumulate(once.begin() + static_cast<std::ptrdiff_t>(at),
                          once.begin() + static_cast<std::ptrdiff_t>(at) + 6,
                          std::int64_t{0}) == 42);
  }
  std::vector<std::int64_t> again(6 * 20);
  CHECK(zermelo::multinomial_draws(circle.sampler(), 30, 20, 3, {}, again).status == Status::ok);
  CHECK(std::equal(again.begin(), again.end(), once.begin() + 6 * 30));
}

// The chord method and Newton's find the same maximum, and both leave out the same replicates.
void test_abilities(std::int64_t each) {
  const Circle circle(each);
  const auto chord = circle.run(true, 1);
  const auto newton = circle.run(false, 1);
  CHECK(same_bits(chord, circle.run(true, 3)));
  CHECK(same_bits(newton, circle.run(false, 2)));
  for (std::size_t row = 0; row < chord.size(); row += 3) {
    const double mean[2] = {(chord[row] + chord[row + 1] + chord[row + 2]) / 3,
                            (newton[row] + newton[row + 1] + newton[row + 2]) / 3};
    for (std::size_t i = row; i < row + 3; ++i) {
      CHECK(std::isnan(chord[i]) == std::isnan(newton[i]));
      CHECK(std::isnan(chord[i]) || std::abs(chord[i] - mean[0] - newton[i] + mean[1]) < 1e-8);
    }
  }
}

// Many parts a cell are read for several replicates at once, with the same sums.
void test_lanes() {
  Circle circle(5);
  const auto alone = circle.run(true, 1, 21);
  std::vector<std::int32_t> cell;
  std::vector<double> low;
  std::vector<double> high;
  for (std::size_t part = 0; part < 6; ++part) {
    for (int copy = 0; copy < 8; ++copy) {
      cell.push_back(circle.part_cell[part]);
      low.push_back(circle.part_low[part] / 8);
      high.push_back(circle.part_high[part] / 8);
    }
  }
  circle.part_offsets = {0, 16, 32, 48};
  circle.part_cell = cell;
  circle.part_low = low;
  circle.part_high = high;
  CHECK(same_bits(alone, circle.run(true, 1, 21)));
  CHECK(same_bits(alone, circle.run(true, 3, 21)));
}

void test_failures() {
  const auto sure = Circle(500).run(true, 1);
  for (const double value : sure) CHECK(std::isfinite(value));
  std::size_t failed = 0;
  for (const double value : Circle(1).run(true, 1)) failed += std::isnan(value);
  CHECK(failed > 0 && failed < 120);
}

}  // namespace

int main() {
  test_alias_tables();
  test_draws();
  test_abilities(1);
  test_abilities(4);
  test_abilities(500);
  test_lanes();
  test_failures();
  return zermelo::testing::verdict();
}
