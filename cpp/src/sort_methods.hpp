// The methods, each a coroutine with the questions of its twin in _backends/sorting/.
#pragma once

#include "zermelo/sort_run.hpp"

namespace zermelo::sorting {

Task<> allpair(Run& run);
Task<> heapsort(Run& run);
Task<> sliding(Run& run);
Task<> merge(Run& run);
Task<> insert(Run& run);
Task<> insertion(Run& run);
Task<> ford_johnson(Run& run);
Task<> quickselect(Run& run);
Task<> knockout(Run& run);
Task<> setwise_heap(Run& run);
Task<> setwise_bubble(Run& run);
Task<> listwise(Run& run);
Task<> tourrank(Run& run);
Task<> adaptive(Run& run);

// Top-down merge sort of a stretch of the order, of two items at least.
Task<> merge_stretch(Run& run, std::int32_t low, std::int32_t high);

}  // namespace zermelo::sorting
