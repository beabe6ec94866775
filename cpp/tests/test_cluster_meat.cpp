#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "check.hpp"
#include "zermelo/cluster_meat.hpp"

namespace {

using zermelo::ClusterScores;
using zermelo::Status;

struct Case {
  std::int64_t n_cells;
  std::int64_t n_items;
  std::int64_t n_clusters;
  std::int64_t n_extra;
};

// Against dense scores, for one thread and for several.
void test_meat(const Case& size) {
  std::mt19937 random(17);
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(size.n_clusters + 1), 0);
  for (std::int64_t g = 1; g < size.n_clusters; ++g) {
    offsets[g] = size.n_cells * g / size.n_clusters;
  }
  offsets.back() = size.n_cells;
  std::vector<std::int32_t> first(size.n_cells);
  std::vector<std::int32_t> second(size.n_cells);
  std::vector<double> residual(size.n_cells);
  std::vector<double> extra(size.n_cells * size.n_extra);
  std::uniform_real_distribution<double> number(-1.0, 1.0);
  for (std::int64_t cell = 0; cell < size.n_cells; ++cell) {
    first[cell] = static_cast<std::int32_t>(random() % size.n_items);
    second[cell] = static_cast<std::int32_t>((first[cell] + 1) % size.n_items);
    residual[cell] = number(random);
  }
  for (double& value : extra) value = number(random);
  const std::int64_t width = size.n_items + size.n_extra;
  std::vector<double> expected(width * width, 0.0);
  std::vector<std::int64_t> met(size.n_items, 0);
  for (std::int64_t g = 0; g < size.n_clusters; ++g) {
    std::vector<double> sum(width, 0.0);
    std::vector<bool> seen(size.n_items, false);
    for (std::int64_t cell = offsets[g]; cell < offsets[g + 1]; ++cell) {
      sum[first[cell]] += residual[cell];
      sum[second[cell]] -= residual[cell];
      seen[first[cell]] = seen[second[cell]] = true;
      for (std::int64_t e = 0; e < size.n_extra; ++e) {
        sum[size.n_items + e] += extra[cell * size.n_extra + e];
      }
    }
    for (std::int64_t i = 0; i < size.n_items; ++i) met[i] += seen[i] ? 1 : 0;
    for (std::int64_t i = 0; i < width; ++i) {
      for (std::int64_t j = 0; j < width; ++j) expected[i * width + j] += sum[i] * sum[j];
    }
  }
  const ClusterScores scores{offsets, first, second, residual, extra, size.n_items, size.n_extra};
  std::vector<double> meat(width * width);
  std::vector<double> again(width * width);
  std::vector<std::int64_t> occurs(size.n_items);
  CHECK(zermelo::cluster_meat(scores, 1, {}, meat, occurs).status == Status::ok);
  CHECK(occurs == met);
  for (std::size_t k = 0; k < meat.size(); ++k) CHECK(std::abs(meat[k] - expected[k]) < 1e-9);
  CHECK(zermelo::cluster_meat(scores, 3, {}, again, occurs).status == Status::ok);
  CHECK(std::memcmp(meat.data(), again.data(), meat.size() * sizeof(double)) == 0);
}

}  // namespace

int main() {
  test_meat({0, 3, 2, 0});         // clusters without cells
  test_meat({5, 4, 9, 2});         // some are empty
  test_meat({4000, 9, 300, 0});    // every cluster is dense
  test_meat({4000, 120, 500, 3});  // none is
  test_meat({30000, 500, 40, 1});  // dense and of several batches
  return zermelo::testing::verdict();
}
