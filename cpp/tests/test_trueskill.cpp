#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "zermelo/trueskill.hpp"

namespace {

using zermelo::Moments;
using zermelo::Status;

struct Known {
  double t;
  double margin;
  double v;
  double w;
};

bool close(double a, double b, double tolerance = 1e-12) {
  return std::fabs(a - b) <= tolerance * std::max(1.0, std::fabs(b));
}

// Numbers by mpmath 1.4.1 with 60 digits: erfc for wins, quadrature for draws.
void test_moments() {
  constexpr Known kWins[] = {
      {-1000.0, 0.1, 1000.1009998980106, 0.9999990002059675},
      {-50.0, 0.0, 50.019984031905636, 0.999600956813196},
      {-5.0, 0.1, 5.283287616909157, 0.9683611967489406},
      {-4.5, 0.5, 5.186503967125842, 0.9673035653828878},
      {-3.9, 0.2, 4.321027583581156, 0.9550662853864653},
      {-3.45, 0.56, 4.235141307340634, 0.9535052507069931},
      {0.0, 0.1, 0.8626174715309362, 0.6578471550373318},
      {3.0, 0.1, 0.00596365949498055, 0.017330177770015668},
      {30.0, 0.1, 2.9451348355844706e-195, 8.805953158397567e-194},
  };
  for (const Known& known : kWins) {
    const Moments of = zermelo::truncated_win(known.t, known.margin);
    CHECK(close(of.v, known.v));
    CHECK(close(of.w, known.w));
  }
  constexpr Known kDraws[] = {
      {0.0, 0.1, 0.0, 0.9966711089933002},
      {0.0, 3.0, 0.0, 0.026663075337458524},
      {1.0, 0.1, -0.9966733206609679, 0.9966777397972165},
      {2.0, 1e-9, -2.0, 1.0},
      {2.9, 0.02, -2.8996134406306275, 0.9998667634227737},
      {3.0, 0.1, -2.9900725920934073, 0.9967300393410444},
      {4.2, 0.3, -4.086737404869789, 0.9776999773782624},
      {5.0, 0.1, -4.983625851936704, 0.9968307899177852},
      {6.0, 0.01, -5.999800050648375, 0.9999666910964882},
      {8.0, 2.5, -5.671410313897305, 0.9721382221455538},
      {20.0, 3.0, -17.058423314513, 0.9966096303996731},
      {50.0, 0.5, -49.520185563987496, 0.9995928743746948},
      {1000.0, 1e-6, -999.9999999996667, 0.9999999999996667},
      {1000.0, 0.01, -999.9910000079589, 0.9999989999868243},
  };
  for (const Known& known : kDraws) {
    Moments of = zermelo::truncated_draw(known.t, known.margin);
    CHECK(close(of.v, known.v));
    CHECK(close(of.w, known.w));
    of = zermelo::truncated_draw(-known.t, known.margin);
    CHECK(close(of.v, -known.v));
    CHECK(close(of.w, known.w));
  }
}

// One on one with the defaults, as published: (29.396, 7.171) and (20.604, 7.171) after a win,
// (25, 6.458) for both after a draw.
void test_one_on_one() {
  const std::vector<std::int32_t> first{0}, second{1};
  // Phi^-1(0.55) sqrt(2) beta.
  const zermelo::TrueSkillRules rules{25.0 / 6.0, 25.0 / 300.0, 0.7404666874813562, 0.0};
  for (const std::uint8_t outcome : {0, 1, 2}) {
    std::vector<double> rating(2, 25.0), deviation(2, 25.0 / 3.0), expected(1);
    const std::vector<std::uint8_t> outcomes{outcome};
    const auto result =
        zermelo::trueskill_replay({first, second, outcomes, {}, {}}, rules, zermelo::Control{},
                                  {rating, deviation}, {expected, {}, {}, {}, {}});
    CHECK(result.status == Status::ok);
    CHECK(expected[0] == 0.5);
    const std::size_t winner = outcome == 1 ? 0 : 1;
    CHECK(close(rating[winner], outcome == 2 ? 25.0 : 29.396, 5e-5));
    CHECK(close(rating[1 - winner], outcome == 2 ? 25.0 : 20.604, 5e-5));
    CHECK(close(deviation[0], outcome == 2 ? 6.458 : 7.171, 1e-4));
    CHECK(deviation[0] == deviation[1]);
  }
}

// Nothing overflows, and no variance becomes negative, however far apart the skills are.
void test_extremes() {
  const std::vector<std::int32_t> first{0, 0, 0}, second{1, 1, 1};
  const std::vector<std::uint8_t> outcome{0, 2, 1};
  for (const double apart : {1e2, 1e5, 1e10}) {
    for (const double beta : {1e-6, 1.0, 1e6}) {
      std::vector<double> rating{apart, -apart}, deviation{1e-3, 1e3}, expected(3);
      const zermelo::TrueSkillRules rules{beta, 0.0, 0.1 * beta, 0.0};
      const auto result =
          zermelo::trueskill_replay({first, second, outcome, {}, {}}, rules, zermelo::Control{},
                                    {rating, deviation}, {expected, {}, {}, {}, {}});
      CHECK(result.status == Status::ok);
      for (const double value : rating) CHECK(std::isfinite(value));
      for (const double value : deviation) CHECK(std::isfinite(value) && value >= 0.0);
      for (const double value : expected) CHECK(value >= 0.0 && value <= 1.0);
    }
  }
}

}  // namespace

int main() {
  test_moments();
  test_one_on_one();
  test_extremes();
  return zermelo::testing::verdict();
}
