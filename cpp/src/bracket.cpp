#include "zermelo/bracket.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

#include "bracket_lanes.hpp"
#include "bracket_replicate.hpp"
#include "zermelo/parallel.hpp"

namespace zermelo {
namespace {

// Matches that are worth handing to a thread, and by which Ctrl-C is late at most.
constexpr std::int64_t kMatchesPerChunk = std::int64_t{1} << 20;

bool in_range(std::int64_t value, std::int64_t begin, std::int64_t end) {
  return begin <= value && value < end;
}

class Checker {
 public:
  explicit Checker(const Program& program) : program_(program) {
    const std::size_t cells = static_cast<std::size_t>(std::max(program.n_items, 1)) *
                              static_cast<std::size_t>(std::max(program.n_items, 1));
    n_tables_ = static_cast<std::int64_t>(program.first_below.size() / cells);
  }

  bool well_formed(const std::int32_t* row) const {
    switch (row[0]) {
      case kMatch:
      case kRematch:
        return place(row[1]) && place(row[2]) && place(row[3]) && place(row[4]) && table(row[5]) &&
               in_range(row[7], kFree, 2);
      case kGame:
        return place(row[1]) && place(row[2]) && table(row[3]) && in_range(row[5], kFree, 3);
      case kRandomGame:
        return program_.n_items > 1 && table(row[1]);
      case kSwiss:
        return places(row[1], row[2]) && row[2] <= program_.n_items && table(row[3]) &&
               in_range(row[5], kSlide, kRandom + 1);
      case kRank:
        return places(row[1], row[2]) && places(row[3], row[2]) && breakers(row[4], row[5]);
      case kShuffle:
      case kSort:
        return places(row[1], row[2]);
      case kExit:
        return place(row[1]) && in_range(row[2], 0, program_.n_bands);
      case kCopy:
        return place(row[1]) && place(row[2]);
      case kBye:
        return place(row[1]);
      default:
        return false;
    }
  }

 private:
  bool place(std::int64_t value) const { return in_range(value, 0, program_.n_registers); }
  bool table(std::int64_t value) const { return in_range(value, 0, n_tables_); }
  bool places(std::int64_t first, std::int64_t count) const {
    return count > 0 && place(first) && first + count <= program_.n_registers;
  }
  bool breakers(std::int64_t first, std::int64_t count) const {
    const auto size = static_cast<std::int64_t>(program_.breakers.size());
    if (first < 0 || count < 0 || first + count > size) return false;
    return std::all_of(program_.breakers.begin() + first, program_.breakers.begin() + first + count,
                       [](std::int32_t breaker) { return in_range(breaker, kWins, kRate + 1); });
  }

  const Program& program_;
  std::int64_t n_tables_;
};

void check(const Program& program) {
  const Checker checker(program);
  for (const std::int32_t* row = program.begin(); row != program.end(); row += kInstructionWidth) {
    if (checker.well_formed(row)) continue;
    throw BadProgram{ProgramFault::malformed,
                     (row - program.begin()) / static_cast<std::int64_t>(kInstructionWidth)};
  }
}

// Replicates a chunk: as many as make a good portion of work, in whole batches of lanes.
std::int64_t replicates_per_chunk(const Program& program) {
  const auto rows = static_cast<std::int64_t>(program.code.size() / kInstructionWidth);
  const std::int64_t work = std::max<std::int64_t>({most_matches(program), rows / 2, 1});
  return std::max<std::int64_t>(kMatchesPerChunk / work / kReplicateLanes, 1) * kReplicateLanes;
}

class Counter {
 public:
  Counter(std::span<std::int64_t> counts, std::int32_t n_bands, std::int64_t& n_matches, Team& team)
      : counts_(counts), n_bands_(n_bands), n_matches_(n_matches), team_(team) {}
  void played(std::int32_t, std::int32_t, Outcome) { ++n_matches_; }
  void skipped() {}
  void left(std::int32_t item, std::int32_t band) {
    ++counts_[static_cast<std::size_t>(item) * static_cast<std::size_t>(n_bands_) +
              static_cast<std::size_t>(band)];
  }
  void check() { team_.check(); }

 private:
  std::span<std::int64_t> counts_;
  std::int32_t n_bands_;
  std::int64_t& n_matches_;
  Team& team_;
};

class Recorder {
 public:
  Recorder(const PlayedMatches& played, std::size_t match, std::size_t item, Team& team)
      : played_(played), match_(match), item_(item), team_(team) {}
  void played(std::int32_t first, std::int32_t second, std::uint8_t outcome) {
    played_.first[match_] = first;
    played_.second[match_] = second;
    played_.outcome[match_++] = outcome;
  }
  void skipped() { played(-1, -1, kNotPlayed); }
  void left(std::int32_t item, std::int32_t band) {
    played_.band[item_ + static_cast<std::size_t>(item)] = band;
  }
  void check() { team_.check(); }

 private:
  const PlayedMatches& played_;
  std::size_t match_;
  std::size_t item_;
  Team& team_;
};

template <class Body>
Result run_program(const Program& program, ProgramFault& fault, Body&& body) {
  fault = ProgramFault::none;
  return guarded([&]() -> Result {
    try {
      check(program);
      body();
      return {};
    } catch (const BadProgram& bad) {
      fault = bad.fault;
      return {Status::invalid_value, bad.instruction};
    }
  });
}

}  // namespace

std::int64_t most_matches(const Program& program) {
  std::int64_t matches = 0;
  for (const std::int32_t* row = program.begin(); row != program.end(); row += kInstructionWidth) {
    if (row[0] == kSwiss) {
      matches += row[2] / 2;
    } else if (row[0] <= kRandomGame) {
      ++matches;
    }
  }
  return matches;
}

Result simulate_program(const Program& program, const Replicates& replicates, int threads,
                        const Control& control, std::span<std::int64_t> counts,
                        std::int64_t& n_matches, ProgramFault& fault) {
  std::fill(counts.begin(), counts.end(), 0);
  n_matches = 0;
  return run_program(program, fault, [&] {
    const LaneProgram lanes(program);
    Team team(threads, control);
    const std::int64_t per_chunk = replicates_per_chunk(program);
    std::mutex adding;
    team.run((replicates.count + per_chunk - 1) / per_chunk, [&](std::int64_t chunk) {
      const std::int64_t begin = chunk * per_chunk;
      const std::int64_t end = std::min(begin + per_chunk, replicates.count);
      std::vector<std::int64_t> own(counts.size());
      std::int64_t matches = 0;
      std::int64_t at = begin;
      if (lanes.possible()) {
        const std::int64_t n_batches = (end - begin) / kReplicateLanes;
        lanes.play(replicates.key, replicates.first + begin, n_batches, own, matches);
        at += n_batches * kReplicateLanes;
      }
      if (at < end) {
        Replicate replicate(program);
        for (; at < end; ++at) {
          replicate.play(replicates.key, replicates.first + at,
                         Counter(own, program.n_bands, matches, team));
          team.check();
        }
      }
      const std::lock_guard<std::mutex> lock(adding);
      for (std::size_t k = 0; k < own.size(); ++k) counts[k] += own[k];
      n_matches += matches;
    });
  });
}

Result play_program(const Program& program, const Replicates& replicates, int threads,
                    const Control& control, const PlayedMatches& played, ProgramFault& fault) {
  return run_program(program, fault, [&] {
    Team team(threads, control);
    const std::int64_t per_chunk = replicates_per_chunk(program);
    const auto matches = static_cast<std::size_t>(most_matches(program));
    const auto n_items = static_cast<std::size_t>(program.n_items);
    team.run((replicates.count + per_chunk - 1) / per_chunk, [&](std::int64_t chunk) {
      const std::int64_t begin = chunk * per_chunk;
      const std::int64_t end = std::min(begin + per_chunk, replicates.count);
      Replicate replicate(program);
      for (std::int64_t at = begin; at < end; ++at) {
        const auto place = static_cast<std::size_t>(at);
        std::fill_n(played.band.begin() + static_cast<std::ptrdiff_t>(place * n_items), n_items,
                    -1);
        replicate.play(replicates.key, replicates.first + at,
                       Recorder(played, place * matches, place * n_items, team));
        team.check();
      }
    });
  });
}

}  // namespace zermelo
