#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "check.hpp"
#include "zermelo/memory.hpp"

namespace {

using zermelo::Buffer;

constexpr std::size_t kLarge = std::size_t{16} << 20;

bool aligned(const void* data) { return reinterpret_cast<std::uintptr_t>(data) % 64 == 0; }

void test_sizes() {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, kLarge - 64, kLarge, kLarge + 1}) {
    Buffer<unsigned char> buffer(size);
    CHECK(buffer.size() == size);
    CHECK(buffer.data() != nullptr && aligned(buffer.data()));
    std::memset(buffer.data(), 7, size);
    CHECK(size == 0 || (buffer[0] == 7 && buffer[size - 1] == 7));
  }
}

// What was freed comes back, also where it was longer than what is asked for now, and two arrays
// never share it.
void test_reuse() {
  const unsigned char* freed = nullptr;
  {
    const Buffer<unsigned char> buffer(kLarge);
    freed = buffer.data();
  }
  const Buffer<unsigned char> again(kLarge - 4096);
#if defined(__linux__)
  CHECK(again.data() == freed);
#endif
  const Buffer<unsigned char> other(kLarge);
  CHECK(other.data() >= again.data() + kLarge || other.data() + kLarge <= again.data());
}

void test_ownership() {
  Buffer<double> buffer(kLarge / sizeof(double));
  double* const data = buffer.data();
  Buffer<double> moved = std::move(buffer);
  CHECK(moved.data() == data);
  double* const released = moved.release();
  CHECK(released == data && moved.empty());
  zermelo::give_memory(released);
  zermelo::give_memory(nullptr);
}

void test_too_much() {
  for (const std::size_t size : {std::numeric_limits<std::size_t>::max() / 4,
                                 std::numeric_limits<std::size_t>::max() / 16}) {
    bool refused = false;
    try {
      const Buffer<double> buffer(size);
    } catch (const std::bad_alloc&) {
      refused = true;
    }
    CHECK(refused);
  }
}

void test_threads() {
  std::vector<std::thread> threads;
  for (unsigned char mark = 1; mark <= 4; ++mark) {
    threads.emplace_back([mark] {
      for (int round = 0; round < 50; ++round) {
        Buffer<unsigned char> buffer(kLarge);
        for (std::size_t i = 0; i < kLarge; i += 4096) buffer[i] = mark;
        bool own = true;
        for (std::size_t i = 0; i < kLarge; i += 4096) own = own && buffer[i] == mark;
        CHECK(own);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main() {
  test_reuse();  // first, while nothing else has been freed
  test_sizes();
  test_ownership();
  test_too_much();
  test_threads();
  return zermelo::testing::verdict();
}
