#include "zermelo/cluster_meat.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace zermelo {
namespace {

// A batch of clusters has about so many values, so that they stay in the cache; its clusters are
// added up in so many chunks, and its products in blocks of the meat's rows, of about so many
// numbers. None of this depends on the number of threads, and neither do the sums.
constexpr std::int64_t kBatchValues = std::int64_t{1} << 16;
constexpr std::int64_t kChunks = 32;
constexpr std::int64_t kBlockNumbers = std::int64_t{1} << 15;
constexpr std::int64_t kLeastBlocks = 16;
// So many dense clusters are multiplied at once: a row is then read and written once for all.
constexpr std::int64_t kTogether = 8;

// The scores of a batch's clusters: places, ascending, and values. A cluster that touches many
// places is dense, with a value for each, so that its products run in vectors.
struct Batch {
  std::vector<std::int64_t> begin;
  std::vector<std::int32_t> place;
  std::vector<double> value;
  std::vector<std::uint8_t> dense;
  std::vector<std::int32_t> block_begin;  // (clusters, blocks + 1): where each block's rows begin
  std::int64_t size = 0;
};

ZERMELO_CLONES
void add_dense(const double* const* values, std::int64_t n_clusters, std::int64_t first,
               std::int64_t end, std::int64_t size, double* meat) {
  std::int64_t k = 0;
  for (; k + kTogether <= n_clusters; k += kTogether) {
    const double* const v0 = values[k];
    const double* const v1 = values[k + 1];
    const double* const v2 = values[k + 2];
    const double* const v3 = values[k + 3];
    const double* const v4 = values[k + 4];
    const double* const v5 = values[k + 5];
    const double* const v6 = values[k + 6];
    const double* const v7 = values[k + 7];
    for (std::int64_t i = first; i < end; ++i) {
      double* row = meat + i * size;
      const double o0 = v0[i], o1 = v1[i], o2 = v2[i], o3 = v3[i];
      const double o4 = v4[i], o5 = v5[i], o6 = v6[i], o7 = v7[i];
      for (std::int64_t j = 0; j <= i; ++j) {
        row[j] += ((o0 * v0[j] + o1 * v1[j]) + (o2 * v2[j] + o3 * v3[j])) +
                  ((o4 * v4[j] + o5 * v5[j]) + (o6 * v6[j] + o7 * v7[j]));
      }
    }
  }
  for (; k < n_clusters; ++k) {
    for (std::int64_t i = first; i < end; ++i) {
      double* row = meat + i * size;
      const double own = values[k][i];
      for (std::int64_t j = 0; j <= i; ++j) row[j] += own * values[k][j];
    }
  }
}

void add_sparse(const std::int32_t* place, const double* value, std::int32_t begin,
                std::int32_t end, std::int64_t size, double* meat) {
  for (std::int32_t a = begin; a < end; ++a) {
    double* row = meat + place[a] * size;
    const double own = value[a];
    for (std::int32_t b = 0; b <= a; ++b) row[place[b]] += own * value[b];
  }
}

// What a chunk adds clusters up in.
struct Scratch {
  std::vector<double> sum;
  std::vector<std::uint64_t> touched;
  std::vector<std::int64_t> occurs;
};

class Meat {
 public:
  Meat(const ClusterScores& scores, std::span<double> meat)
      : scores_(scores), size_(scores.n_items + scores.n_extra), meat_(meat.data()) {
    // Row i of the lower triangle takes i products, so blocks become shorter.
    blocks_ = std::max(kLeastBlocks, size_ * size_ / 2 / kBlockNumbers);
    border_.resize(static_cast<std::size_t>(blocks_ + 1));
    for (std::int64_t block = 0; block < blocks_; ++block) {
      const double share = static_cast<double>(block) / static_cast<double>(blocks_);
      border_[static_cast<std::size_t>(block)] =
          static_cast<std::int64_t>(static_cast<double>(size_) * std::sqrt(share));
    }
    border_.back() = size_;
    scratch_.resize(kChunks);
    for (Scratch& scratch : scratch_) {
      scratch.sum.assign(static_cast<std::size_t>(size_), 0.0);
      scratch.touched.assign(static_cast<std::size_t>((size_ + 63) / 64), 0);
      scratch.occurs.assign(static_cast<std::size_t>(scores.n_items), 0);
    }
  }

  void run(Team& team) {
    const auto n_clusters = static_cast<std::int64_t>(scores_.offsets.size()) - 1;
    for (std::int64_t begin = 0; begin < n_clusters;) {
      const std::int64_t end = prepare(begin, n_clusters);
      const Chunks chunks(end - begin, (end - begin + kChunks - 1) / kChunks);
      team.run(chunks.count(), [&](std::int64_t chunk) {
        const Range range = chunks[chunk];
        Scratch& scratch = scratch_[static_cast<std::size_t>(chunk)];
        for (std::int64_t k = range.begin; k < range.end; ++k) compress(begin, k, scratch);
      });
      dense_.clear();
      for (std::int64_t k = 0; k < batch_.size; ++k) {
        if (batch_.dense[static_cast<std::size_t>(k)] != 0) {
          dense_.push_back(batch_.value.data() + batch_.begin[static_cast<std::size_t>(k)]);
        }
      }
      team.run(blocks_, [&](std::int64_t block) { add_block(block); });
      begin = end;
    }
    for (std::int64_t i = 0; i < size_; ++i) {
      for (std::int64_t j = 0; j < i; ++j) meat_[j * size_ + i] = meat_[i * size_ + j];
    }
  }

  void occurs(std::span<std::int64_t> out) const {
    std::fill(out.begin(), out.end(), std::int64_t{0});
    for (const Scratch& scratch : scratch_) {
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += scratch.occurs[i];
    }
  }

 private:
  // Makes room for the clusters from `begin` on that fit into a batch; returns their end.
  std::int64_t prepare(std::int64_t begin, std::int64_t n_clusters) {
    batch_.begin.clear();
    std::int64_t values = 0;
    std::int64_t end = begin;
    while (end < n_clusters && (end == begin || values < kBatchValues)) {
      batch_.begin.push_back(values);
      const std::int64_t cells = scores_.offsets[end + 1] - scores_.offsets[end];
      const std::int64_t most = std::min(2 * cells, scores_.n_items) + scores_.n_extra;
      values += is_dense(most) ? size_ : most;
      ++end;
    }
    batch_.size = end - begin;
    batch_.place.resize(static_cast<std::size_t>(values));
    batch_.value.resize(static_cast<std::size_t>(values));
    batch_.dense.resize(static_cast<std::size_t>(batch_.size));
    batch_.block_begin.resize(static_cast<std::size_t>(batch_.size * (blocks_ + 1)));
    return end;
  }

  bool is_dense(std::int64_t places) const { return 4 * places > size_; }

  // Adds up the cells of the batch's cluster k.
  void compress(std::int64_t batch_begin, std::int64_t k, Scratch& scratch) {
    double* sum = scratch.sum.data();
    std::uint64_t* touched = scratch.touched.data();
    const auto touch = [&](std::int64_t i) { touched[i >> 6] |= std::uint64_t{1} << (i & 63); };
    const std::int64_t n_items = scores_.n_items;
    const std::int64_t n_extra = scores_.n_extra;
    for (std::int64_t cell = scores_.offsets[batch_begin + k];
         cell < scores_.offsets[batch_begin + k + 1]; ++cell) {
      const std::int32_t i = scores_.first[cell];
      const std::int32_t j = scores_.second[cell];
      sum[i] += scores_.residual[cell];
      sum[j] -= scores_.residual[cell];
      touch(i);
      touch(j);
      for (std::int64_t e = 0; e < n_extra; ++e) {
        sum[n_items + e] += scores_.extra[cell * n_extra + e];
      }
    }
    for (std::int64_t e = 0; e < n_extra; ++e) touch(n_items + e);
    std::int64_t count = 0;
    for (const std::uint64_t word : scratch.touched) count += std::popcount(word);
    const bool dense = is_dense(count);
    const std::int64_t begin = batch_.begin[static_cast<std::size_t>(k)];
    std::int32_t* place = batch_.place.data() + begin;
    double* value = batch_.value.data() + begin;
    std::int32_t* block_begin = batch_.block_begin.data() + k * (blocks_ + 1);
    std::int32_t at = 0;
    std::int64_t block = 0;
    for (std::size_t w = 0; w < scratch.touched.size(); ++w) {
      for (std::uint64_t word = touched[w]; word != 0; word &= word - 1) {
        const std::int64_t i = static_cast<std::int64_t>(w) * 64 + std::countr_zero(word);
        if (i < n_items) ++scratch.occurs[static_cast<std::size_t>(i)];
        if (dense) continue;
        while (i >= border_[static_cast<std::size_t>(block)]) block_begin[block++] = at;
        place[at] = static_cast<std::int32_t>(i);
        value[at++] = sum[i];
        sum[i] = 0.0;
      }
      touched[w] = 0;
    }
    if (dense) {
      std::copy_n(sum, size_, value);
      std::fill_n(sum, size_, 0.0);
    }
    batch_.dense[static_cast<std::size_t>(k)] = dense;
    while (block <= blocks_) block_begin[block++] = at;
  }

  // Adds the products of the batch's clusters to the rows of one block.
  void add_block(std::int64_t block) {
    const auto at = static_cast<std::size_t>(block);
    add_dense(dense_.data(), static_cast<std::int64_t>(dense_.size()), border_[at], border_[at + 1],
              size_, meat_);
    if (static_cast<std::int64_t>(dense_.size()) == batch_.size) return;
    for (std::int64_t k = 0; k < batch_.size; ++k) {
      const std::int32_t* range = batch_.block_begin.data() + k * (blocks_ + 1) + block;
      const std::int64_t begin = batch_.begin[static_cast<std::size_t>(k)];
      add_sparse(batch_.place.data() + begin, batch_.value.data() + begin, range[0], range[1],
                 size_, meat_);
    }
  }

  ClusterScores scores_;
  std::int64_t size_;
  double* meat_;
  std::int64_t blocks_ = 0;
  std::vector<std::int64_t> border_;
  std::vector<const double*> dense_;
  std::vector<Scratch> scratch_;
  Batch batch_;
};

}  // namespace

Result cluster_meat(const ClusterScores& scores, int threads, const Control& control,
                    std::span<double> meat, std::span<std::int64_t> occurs) {
  return guarded([&]() -> Result {
    std::fill(meat.begin(), meat.end(), 0.0);
    Team team(threads, control);
    Meat work(scores, meat);
    work.run(team);
    work.occurs(occurs);
    return {};
  });
}

}  // namespace zermelo
