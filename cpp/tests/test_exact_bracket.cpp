#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "zermelo/exact_bracket.hpp"

namespace {

using zermelo::Status;

constexpr std::int32_t kMatch = 0, kGame = 2, kExit = 8, kFree = -1;

struct Program {
  explicit Program(std::int32_t n) : n_items(n), n_registers(n) {}

  std::int32_t n_items;
  std::int32_t n_registers;
  std::vector<std::int32_t> code;

  std::int32_t match(std::int32_t a, std::int32_t b, std::int32_t table = 0,
                     std::int32_t forced = kFree) {
    const std::int32_t win = n_registers;
    n_registers += 2;
    code.insert(code.end(), {kMatch, a, b, win, win + 1, table, 1, forced});
    return win;
  }

  void exit(std::int32_t item, std::int32_t band) {
    code.insert(code.end(), {kExit, item, band, 0, 0, 0, 0, 0});
  }

  std::vector<double> run(std::int32_t n_bands, const std::vector<double>& win) const {
    std::vector<double> band(static_cast<std::size_t>(n_items * n_bands), 7.0);
    CHECK(zermelo::exact_bracket(code, n_items, n_registers, n_bands, win, band).status ==
          Status::ok);
    return band;
  }
};

bool near(double a, double b) { return std::abs(a - b) <= 1e-15; }

// P(i beats j) = j / (i + j) for seeds i and j.
std::vector<double> of_seeds(std::int32_t n) {
  std::vector<double> win;
  for (std::int32_t i = 1; i <= n; ++i) {
    for (std::int32_t j = 1; j <= n; ++j) win.push_back(static_cast<double>(j) / (i + j));
  }
  return win;
}

void test_four_players() {
  Program program{4};
  const std::int32_t top = program.match(0, 3), bottom = program.match(1, 2);
  const std::int32_t final = program.match(top, bottom), third = program.match(top + 1, bottom + 1);
  program.exit(final, 0);
  program.exit(final + 1, 1);
  program.exit(third, 2);
  program.exit(third + 1, 3);
  const std::vector<double> band = program.run(4, of_seeds(4));
  const double champion[] = {14.0 / 25, 6.0 / 25, 22.0 / 175, 13.0 / 175};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(near(band[4 * i], champion[i]));
    double total = 0.0, place = 0.0;
    for (std::size_t k = 0; k < 4; ++k) {
      total += band[4 * i + k];
      place += band[4 * k + i];
    }
    CHECK(near(total, 1.0));
    CHECK(near(place, 1.0));
  }
}

void test_tables_and_known_results() {
  Program program{4};
  const std::int32_t top = program.match(0, 1, 0, 0), bottom = program.match(3, 2, 0, 1);
  const std::int32_t final = program.match(top, bottom, 1);
  program.exit(final, 0);
  program.exit(final + 1, 1);
  program.exit(top + 1, 2);
  program.exit(bottom + 1, 2);
  std::vector<double> win(32, 0.5);
  win[16 + 1 * 4 + 3] = 0.9;
  const std::vector<double> band = program.run(3, win);
  CHECK(near(band[2], 1.0) && near(band[3], 0.9) && near(band[4], 0.1));
  CHECK(near(band[8], 1.0) && near(band[9], 0.1) && near(band[10], 0.9));
}

// A player who beats everyone with probability p wins a knockout of 2^k with p^k; sizes around the
// width of the vectors, and sides of different sizes.
void test_one_better_player() {
  for (std::int32_t n = 2; n <= 70; ++n) {
    Program program{n};
    std::vector<double> win(static_cast<std::size_t>(n * n), 0.5);
    for (std::int32_t j = 1; j < n; ++j) {
      win[static_cast<std::size_t>(j)] = 0.7;
      win[static_cast<std::size_t>(j * n)] = 0.3;
    }
    std::vector<std::int32_t> left;
    for (std::int32_t i = 0; i < n; ++i) left.push_back(n - 1 - i);
    int rounds = 0;
    while (left.size() > 1) {
      // With an odd number the first, and so not the better player, passes free.
      std::vector<std::int32_t> next(left.begin(), left.begin() + left.size() % 2);
      for (std::size_t k = left.size() % 2; k < left.size(); k += 2) {
        next.push_back(program.match(left[k], left[k + 1]));
        program.exit(next.back() + 1, 1);
      }
      left = next;
      ++rounds;
    }
    program.exit(left[0], 0);
    const std::vector<double> band = program.run(2, win);
    CHECK(near(band[0], std::pow(0.7, rounds)));
    double champions = 0.0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      champions += band[2 * i];
      CHECK(near(band[2 * i] + band[2 * i + 1], 1.0));
    }
    CHECK(near(champions, 1.0));
  }
}

void test_refusals() {
  std::vector<double> band(8);
  Program same{4};
  const std::int32_t first = same.match(0, 1);
  same.match(first, first + 1);
  zermelo::Result result =
      zermelo::exact_bracket(same.code, 4, same.n_registers, 2, of_seeds(4), band);
  CHECK(result.status == Status::invalid_value && result.index == 1);
  Program other{4};
  other.code = {kGame, 0, 1, 0, 1, kFree, 0, 0};
  result = zermelo::exact_bracket(other.code, 4, other.n_registers, 2, of_seeds(4), band);
  CHECK(result.status == Status::invalid_value && result.index == 0);
}

}  // namespace

int main() {
  test_four_players();
  test_tables_and_known_results();
  test_one_better_player();
  test_refusals();
  return zermelo::testing::verdict();
}
