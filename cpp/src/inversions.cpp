#include "zermelo/inversions.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "zermelo/memory.hpp"

namespace zermelo {
namespace {

// Runs that are sorted by insertion, which counts as it shifts.
constexpr std::size_t kRun = 8;
// Values that a thread sorts at a time; with the scratch they stay in a core's cache.
constexpr std::size_t kBlock = std::size_t{1} << 14;
// Codes between two looks at whether the caller wants to stop.
constexpr std::size_t kStretch = std::size_t{1} << 16;

template <class Value>
std::int64_t sort_run(Value* data, std::size_t size) {
  std::int64_t count = 0;
  for (std::size_t i = 1; i < size; ++i) {
    const Value value = data[i];
    std::size_t at = i;
    for (; at > 0 && data[at - 1] > value; --at) data[at] = data[at - 1];
    data[at] = value;
    count += static_cast<std::int64_t>(i - at);
  }
  return count;
}

// Merges two neighbouring runs of `width` each, from both ends at once: neither end can leave its
// run within `width` steps, so nothing is checked, and the two chains of comparisons overlap in the
// processor. A value of the right run passes all of the left run that are larger: those still
// waiting when it is taken at the front, those already placed when it is taken at the back.
template <class Value>
std::int64_t merge_even(const Value* data, std::size_t width, Value* out) {
  const Value* left = data;
  const Value* right = data + width;
  std::size_t left_front = 0, right_front = 0, left_back = width - 1, right_back = width - 1;
  std::int64_t count = 0;
  for (std::size_t step = 0; step < width; ++step) {
    const Value low_left = left[left_front], low_right = right[right_front];
    const std::size_t passes = low_right < low_left ? 1 : 0;
    out[step] = low_right < low_left ? low_right : low_left;
    count += static_cast<std::int64_t>((width - left_front) & (std::size_t{0} - passes));
    right_front += passes;
    left_front += 1 - passes;
    const Value high_left = left[left_back], high_right = right[right_back];
    const std::size_t stays = high_left > high_right ? 1 : 0;
    out[2 * width - 1 - step] = high_left > high_right ? high_left : high_right;
    count += static_cast<std::int64_t>((width - 1 - left_back) & (stays - 1));
    left_back -= stays;
    right_back -= 1 - stays;
  }
  return count;
}

// The same from the front only, for a right run that is shorter.
template <class Value>
std::int64_t merge_uneven(const Value* data, std::size_t width, std::size_t size, Value* out) {
  std::size_t left = 0, right = width, at = 0;
  std::int64_t count = 0;
  while (left < width && right < size) {
    if (data[right] < data[left]) {
      count += static_cast<std::int64_t>(width - left);
      out[at++] = data[right++];
    } else {
      out[at++] = data[left++];
    }
  }
  out = std::copy(data + left, data + width, out + at);
  std::copy(data + right, data + size, out);
  return count;
}

// Merges runs of `width` in data[0, size), the last of which may be shorter, two by two.
template <class Value>
std::int64_t merge_runs(const Value* data, std::size_t width, std::size_t size, Value* out) {
  std::int64_t count = 0;
  std::size_t begin = 0;
  for (; begin + 2 * width <= size; begin += 2 * width) {
    count += merge_even(data + begin, width, out + begin);
  }
  const std::size_t rest = size - begin;
  return count + merge_uneven(data + begin, std::min(width, rest), rest, out + begin);
}

// Sorts `data` and counts its inversions; what is sorted is in `data` again.
template <class Value>
std::int64_t sort_counting(Value* data, Value* scratch, std::size_t size) {
  std::int64_t count = 0;
  for (std::size_t begin = 0; begin < size; begin += kRun) {
    count += sort_run(data + begin, std::min(kRun, size - begin));
  }
  Value* from = data;
  Value* to = scratch;
  for (std::size_t width = kRun; width < size; width *= 2) {
    count += merge_runs(from, width, size, to);
    std::swap(from, to);
  }
  if (from != data) std::copy_n(from, size, data);
  return count;
}

// A row that is longer than a block: blocks first, then merges, of which each level is shared out.
template <class Value>
std::int64_t count_in_row(std::span<const Value> row, Team& team, Buffer<Value>& first,
                          Buffer<Value>& second) {
  const std::size_t size = row.size();
  Value* from = first.data();
  Value* to = second.data();
  std::atomic<std::int64_t> count{0};
  const auto each = [&](std::size_t width, auto&& work) {
    team.run(static_cast<std::int64_t>((size + width - 1) / width), [&](std::int64_t chunk) {
      const std::size_t begin = static_cast<std::size_t>(chunk) * width;
      count.fetch_add(work(begin, std::min(width, size - begin)), std::memory_order_relaxed);
    });
  };
  each(kBlock, [&](std::size_t begin, std::size_t length) {
    std::copy_n(row.data() + begin, length, from + begin);
    return sort_counting(from + begin, to + begin, length);
  });
  for (std::size_t width = kBlock; width < size; width *= 2) {
    each(2 * width, [&](std::size_t begin, std::size_t length) {
      return merge_runs(from + begin, width, length, to + begin);
    });
    std::swap(from, to);
  }
  return count.load();
}

}  // namespace

template <class Value>
Result count_inversions(std::span<const Value> values, std::int64_t width, int threads,
                        const Control& control, std::span<std::int64_t> count) {
  return guarded([&]() -> Result {
    const auto size = static_cast<std::size_t>(width);
    const std::size_t n_rows = count.size();
    Team team(threads, control);
    if (size > kBlock) {
      Buffer<Value> first(size), second(size);
      for (std::size_t row = 0; row < n_rows; ++row) {
        count[row] = count_in_row(values.subspan(row * size, size), team, first, second);
      }
      return {};
    }
    const std::size_t rows_each = kBlock / std::max<std::size_t>(size, 1);
    const std::size_t n_chunks = (n_rows + rows_each - 1) / rows_each;
    team.run(static_cast<std::int64_t>(n_chunks), [&](std::int64_t chunk) {
      std::vector<Value> data(size), scratch(size);
      const std::size_t begin = static_cast<std::size_t>(chunk) * rows_each;
      for (std::size_t row = begin; row < std::min(begin + rows_each, n_rows); ++row) {
        std::copy_n(values.data() + row * size, size, data.data());
        count[row] = sort_counting(data.data(), scratch.data(), size);
      }
    });
    return {};
  });
}

template Result count_inversions(std::span<const std::int32_t>, std::int64_t, int, const Control&,
                                 std::span<std::int64_t>);
template Result count_inversions(std::span<const std::int64_t>, std::int64_t, int, const Control&,
                                 std::span<std::int64_t>);

Result count_smaller_before(std::span<const std::int32_t> codes, std::int64_t width, int threads,
                            const Control& control, std::span<std::int32_t> count) {
  return guarded([&]() -> Result {
    const auto size = static_cast<std::size_t>(width);
    if (size == 0) return {};
    for (std::size_t at = 0; at < codes.size(); ++at) {
      if (codes[at] < 0 || codes[at] >= width) {
        return {Status::invalid_value, static_cast<std::int64_t>(at)};
      }
    }
    const std::size_t n_rows = codes.size() / size;
    const std::size_t rows_each = std::max<std::size_t>(kBlock / size, 1);
    const std::size_t n_chunks = (n_rows + rows_each - 1) / rows_each;
    Team team(threads, control);
    team.run(static_cast<std::int64_t>(n_chunks), [&](std::int64_t chunk) {
      // Fenwick's tree (1994): how many of the codes seen so far are in each stretch of codes.
      std::vector<std::int32_t> tree(size + 1);
      const std::size_t begin = static_cast<std::size_t>(chunk) * rows_each * size;
      const std::size_t end = std::min(begin + rows_each * size, codes.size());
      for (std::size_t at = begin; at < end; ++at) {
        if ((at - begin) % size == 0) std::fill(tree.begin(), tree.end(), 0);
        if ((at - begin) % kStretch == kStretch - 1) team.check();
        const auto code = static_cast<std::size_t>(codes[at]);
        std::int32_t smaller = 0;
        for (std::size_t node = code; node > 0; node &= node - 1) smaller += tree[node];
        count[at] = smaller;
        for (std::size_t node = code + 1; node <= size; node += node & (~node + 1)) ++tree[node];
      }
    });
    return {};
  });
}

}  // namespace zermelo
