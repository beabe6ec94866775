// The methods, each a coroutine with the questions of its twin in _backends/sorting/.
#pragma once

#include "zermelo/sort_run.hpp"

namespace zermelo::sorting {

Task<> merge(Run& run);

}  // namespace zermelo::sorting
