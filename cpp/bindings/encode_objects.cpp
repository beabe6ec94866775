#include "encode_objects.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "zermelo/memory.hpp"

namespace zermelo::bindings {
namespace {

namespace py = pybind11;

constexpr std::size_t kFewestSlots = std::size_t{1} << 10;
constexpr std::size_t kMostSlots = std::size_t{1} << 20;
constexpr py::ssize_t kBlock = 4096;
constexpr py::ssize_t kBatch = 32;
// How many rows ahead an object is asked for: about a memory access's time of work.
constexpr py::ssize_t kAhead = 16;

// The dictionary decides; everything else here only remembers what it said.
std::int32_t look_up(PyObject* label, PyObject* table) {
  // Hashing or comparing may run Python code, which must not take the label away meanwhile.
  const auto held = py::reinterpret_borrow<py::object>(label);
  py::object found;
#if PY_VERSION_HEX >= 0x030D0000
  PyObject* item = nullptr;
  if (PyDict_GetItemRef(table, label, &item) < 0) throw py::error_already_set();
  found = py::reinterpret_steal<py::object>(item);
#else
  PyObject* item = PyDict_GetItemWithError(table, label);
  if (item == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
  found = py::reinterpret_borrow<py::object>(item);
#endif
  if (!found) {
    found = py::int_(PyDict_Size(table));
    if (PyDict_SetItem(table, label, found.ptr()) < 0) throw py::error_already_set();
  }
  const long code = PyLong_AsLong(found.ptr());
  if (code == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  if (code < 0 || code > std::numeric_limits<std::int32_t>::max()) {
    throw py::value_error("a label's code does not fit 32 bits");
  }
  return static_cast<std::int32_t>(code);
}

// Remembers codes of labels by a hash, with two places a hash value. It owns the labels it
// remembers, so that no other object can appear at their addresses.
class Cache {
 public:
  struct Slot {
    py::object label;
    std::uint32_t tag = 0;  // the upper half of the hash
    std::int32_t code = 0;
  };

  explicit Cache(std::size_t slots) : slots_(slots) {}

  std::size_t size() const { return slots_.size(); }
  Slot& first(std::uint64_t hash) { return slots_[hash & (slots_.size() - 1)]; }
  Slot& second(std::uint64_t hash) { return slots_[(hash ^ 1) & (slots_.size() - 1)]; }

  void remember(PyObject* label, std::uint64_t hash, std::int32_t code) {
    Slot& slot = first(hash).label && !second(hash).label ? second(hash) : first(hash);
    slot.tag = static_cast<std::uint32_t>(hash >> 32);
    slot.code = code;
    retired_.push_back(std::exchange(slot.label, py::reinterpret_borrow<py::object>(label)));
  }

  // Labels that lost their place are kept until nothing points to them any more.
  void forget_retired() { retired_.clear(); }

  // The same cache with more slots; `hash_of(label)` is the hash under which it was remembered.
  template <class HashOf>
  void grow(std::size_t slots, HashOf&& hash_of) {
    Cache larger(slots);
    for (const Slot& slot : slots_) {
      if (slot.label) larger.remember(slot.label.ptr(), hash_of(slot.label.ptr()), slot.code);
    }
    slots_.swap(larger.slots_);
  }

 private:
  std::vector<Slot> slots_;
  std::vector<py::object> retired_;
};

std::uint64_t mix(std::uint64_t bits) {
  bits *= 0x9E3779B97F4A7C15u;
  return bits ^ bits >> 32;
}

// Strings of ASCII characters alone, whose characters follow the object's header.
bool is_plain_text(PyObject* label) {
  return PyUnicode_CheckExact(label) && PyUnicode_IS_COMPACT_ASCII(label);
}

std::pair<const char*, std::size_t> plain_text(PyObject* label) {
  return {static_cast<const char*>(PyUnicode_DATA(label)),
          static_cast<std::size_t>(PyUnicode_GET_LENGTH(label))};
}

// `known` is plain text or null.
bool same_plain_text(PyObject* label, PyObject* known) {
  if (known == nullptr || !is_plain_text(label)) return false;
  const auto [text, length] = plain_text(label);
  const auto [known_text, known_length] = plain_text(known);
  return length == known_length && std::memcmp(text, known_text, length) == 0;
}

std::uint64_t hash_text(const char* text, std::size_t length) {
  std::uint64_t hash = length;
  std::uint64_t word = 0;
  for (; length > 8; text += 8, length -= 8) {
    std::memcpy(&word, text, 8);
    hash = mix(hash ^ word);
  }
  word = 0;
  std::memcpy(&word, text, length);
  return mix(hash ^ word);
}

std::uint64_t hash_address(PyObject* label) {
  return mix(reinterpret_cast<std::uintptr_t>(label) >> 4);
}

std::uint64_t hash_text(PyObject* label) {
  const auto [text, length] = plain_text(label);
  return hash_text(text, length);
}

class ObjectEncoder {
 public:
  ObjectEncoder(const char* data, py::ssize_t stride, py::ssize_t rows, PyObject* table,
                std::int32_t* codes)
      : data_(data), stride_(stride), rows_(rows), table_(table), codes_(codes) {}

  void encode() {
    for (py::ssize_t begin = 0; begin < rows_; begin += kBlock) {
      const py::ssize_t end = std::min(rows_, begin + kBlock);
      const py::ssize_t misses_before = misses_;
      switch (mode_) {
        case Mode::address:
          for (py::ssize_t row = begin; row < end; ++row) {
            if (poor_) ask_for_row(row + kAhead);
            by_address(row);
          }
          break;
        case Mode::text:
          for (py::ssize_t row = begin; row < end; row += kBatch) {
            by_text(row, std::min(end, row + kBatch));
          }
          break;
        case Mode::dictionary:
          for (py::ssize_t row = begin; row < end; ++row) {
            ask_for_row(row + kAhead);
            codes_[row] = look_up(label(row), table_);
          }
          break;
      }
      poor_ = 2 * (misses_ - misses_before) > end - begin;
      adapt();
      if (begin / kBlock % 16 == 15 && PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
  }

 private:
  enum class Mode { address, text, dictionary };

  PyObject* label(py::ssize_t row) const {
    PyObject* object = nullptr;
    std::memcpy(&object, data_ + row * stride_, sizeof(object));
    return object != nullptr ? object : Py_None;  // NumPy leaves unset elements null
  }

  // A short string lies on two cache lines at most.
  static void ask_for(PyObject* object) {
    prefetch(object);
    prefetch(reinterpret_cast<const char*>(object) + 63);
  }

  void ask_for_row(py::ssize_t row) const {
    if (row < rows_) ask_for(label(row));
  }

  // Columns that share one object a label (categories, interned strings) never touch the objects.
  void by_address(py::ssize_t row) {
    PyObject* object = label(row);
    const std::uint64_t hash = hash_address(object);
    const Cache::Slot& first = cache_.first(hash);
    const Cache::Slot& second = cache_.second(hash);
    if (first.label.ptr() == object) {
      codes_[row] = first.code;
    } else if (second.label.ptr() == object) {
      codes_[row] = second.code;
    } else {
      codes_[row] = miss(object, hash);
    }
  }

  // Columns with an object a row: equal plain strings are recognised by their characters, without
  // the interpreter's hash, which would have to be computed and stored into every object. A batch
  // goes through in three steps, so that what the next step reads is on its way meanwhile.
  void by_text(py::ssize_t begin, py::ssize_t end) {
    std::uint64_t hashes[kBatch];
    PyObject* candidates[kBatch];
    std::int32_t codes[kBatch];
    for (py::ssize_t row = begin; row < end; ++row) {
      ask_for_row(row + kBatch);
      PyObject* object = label(row);
      const std::uint64_t hash = is_plain_text(object) ? hash_text(object) : 0;
      hashes[row - begin] = hash;
      prefetch(&cache_.first(hash));
    }
    for (py::ssize_t row = begin; row < end; ++row) {
      const std::uint64_t hash = hashes[row - begin];
      const auto tag = static_cast<std::uint32_t>(hash >> 32);
      const Cache::Slot& first = cache_.first(hash);
      const Cache::Slot& slot = first.tag == tag ? first : cache_.second(hash);
      PyObject* candidate = slot.tag == tag ? slot.label.ptr() : nullptr;
      candidates[row - begin] = candidate;
      codes[row - begin] = slot.code;
      if (candidate != nullptr) ask_for(candidate);
    }
    for (py::ssize_t row = begin; row < end; ++row) {
      PyObject* object = label(row);
      if (same_plain_text(object, candidates[row - begin])) {
        codes_[row] = codes[row - begin];
      } else if (is_plain_text(object)) {
        codes_[row] = miss(object, hashes[row - begin]);
      } else {
        ++misses_;
        codes_[row] = look_up(object, table_);
      }
    }
  }

  std::int32_t miss(PyObject* object, std::uint64_t hash) {
    ++misses_;
    const std::int32_t code = look_up(object, table_);
    cache_.remember(object, hash, code);
    return code;
  }

  // A cache that is too small for the labels grows. One that has missed more often than there are
  // labels, and still misses, is of no use for this column.
  void adapt() {
    if (mode_ == Mode::dictionary) return;
    cache_.forget_retired();
    const auto labels = static_cast<std::size_t>(PyDict_Size(table_));
    if (4 * labels > cache_.size() && cache_.size() < kMostSlots) {
      const std::size_t slots = std::min(kMostSlots, std::bit_ceil(8 * labels));
      if (mode_ == Mode::address) {
        cache_.grow(slots, hash_address);
      } else {
        cache_.grow(slots, [](PyObject* object) { return hash_text(object); });
      }
    } else if (poor_ && static_cast<std::size_t>(misses_) > labels) {
      const bool was_address = mode_ == Mode::address;
      mode_ = was_address ? Mode::text : Mode::dictionary;
      cache_ = Cache(was_address ? cache_.size() : 1);
      misses_ = 0;
    }
  }

  const char* data_;
  py::ssize_t stride_;
  py::ssize_t rows_;
  PyObject* table_;
  std::int32_t* codes_;
  Cache cache_{kFewestSlots};
  Mode mode_ = Mode::address;
  py::ssize_t misses_ = 0;  // in this mode
  bool poor_ = false;       // more than half of the last block was missed
};

}  // namespace

py::array_t<std::int32_t> encode_objects(const py::array& values, const py::dict& table) {
  if (values.dtype().kind() != 'O' || values.ndim() != 1) {
    throw py::type_error("values must be a one-dimensional array of objects");
  }
  py::array_t<std::int32_t> codes(values.size());
  ObjectEncoder(static_cast<const char*>(values.data()), values.strides(0), values.size(),
                table.ptr(), codes.mutable_data())
      .encode();
  return codes;
}

}  // namespace zermelo::bindings
