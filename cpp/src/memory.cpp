#include "zermelo/memory.hpp"

#include <array>
#include <mutex>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace zermelo {
namespace {

// Stands before the data; as long as a cache line, so that the data begins on one.
struct alignas(64) Header {
  std::size_t mapped;  // bytes of the whole mapping, 0 where the block is not one
};

void* begin_block(void* memory, std::size_t mapped) { return new (memory) Header{mapped} + 1; }

#if defined(__linux__)

constexpr std::size_t kLargePage = std::size_t{2} << 20;
constexpr std::size_t kLarge = 4 * kLargePage;  // below, the general allocator does as well

// What was freed last. Getting fresh pages from the system and clearing them takes about as long as
// a kernel then works on them, so the next kernel gets the pages of the last. Meanwhile the system
// may take them when it is short of memory.
class Kept {
 public:
  struct Block {
    void* begin = nullptr;
    std::size_t mapped = 0;
  };

  Block take(std::size_t mapped) {
    // Never waits: in a forked child the lock may be held by a thread that does not exist.
    const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock) return {};
    Block* best = nullptr;
    for (Block& block : blocks_) {
      if (block.mapped < mapped || block.mapped > 2 * mapped) continue;
      if (best == nullptr || block.mapped < best->mapped) best = &block;
    }
    if (best == nullptr) return {};
    total_ -= best->mapped;
    return std::exchange(*best, {});
  }

  bool give(void* begin, std::size_t mapped) {
    const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock || total_ + mapped > kMost) return false;
    for (Block& block : blocks_) {
      if (block.begin != nullptr) continue;
#if defined(MADV_FREE)
      (void)madvise(begin, mapped, MADV_FREE);
#endif
      block = {begin, mapped};
      total_ += mapped;
      return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kMost = std::size_t{512} << 20;
  std::mutex mutex_;
  std::array<Block, 16> blocks_{};
  std::size_t total_ = 0;
};

Kept& kept() {
  static Kept* const instance = new Kept;  // never destroyed: arrays may outlive static objects
  return *instance;
}

void* map(std::size_t size) {
  void* const raw =
      mmap(nullptr, size + kLargePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<std::uintptr_t>(raw);
  const std::uintptr_t begin = (address + kLargePage - 1) / kLargePage * kLargePage;
  if (begin != address) munmap(raw, begin - address);
  if (begin + size != address + size + kLargePage) {
    munmap(reinterpret_cast<void*>(begin + size), address + kLargePage - begin);
  }
  auto* const block = reinterpret_cast<void*>(begin);
#if defined(MADV_HUGEPAGE)
  // Only advice. With large pages, scattering over thousands of places misses the address cache
  // less often, and fresh pages cost less.
  (void)madvise(block, size, MADV_HUGEPAGE);
#endif
  return block;
}

#endif

}  // namespace

void* take_memory(std::size_t size) {
  const std::size_t whole = size + sizeof(Header);
#if defined(__linux__)
  if (whole >= kLarge) {
    const std::size_t mapped = (whole + kLargePage - 1) / kLargePage * kLargePage;
    const Kept::Block block = kept().take(mapped);
    if (block.begin != nullptr) return begin_block(block.begin, block.mapped);
    return begin_block(map(mapped), mapped);
  }
#endif
  return begin_block(::operator new(whole, std::align_val_t{alignof(Header)}), 0);
}

void give_memory(void* data) noexcept {
  if (data == nullptr) return;
  Header* const header = static_cast<Header*>(data) - 1;
#if defined(__linux__)
  if (const std::size_t mapped = header->mapped) {
    if (!kept().give(header, mapped)) munmap(header, mapped);
    return;
  }
#endif
  ::operator delete(header, std::align_val_t{alignof(Header)});
}

}  // namespace zermelo
