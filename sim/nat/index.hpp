#pragma once
// The tables behind a NatBox: pools of slots with hash chains through them. Memory is taken by `prepare` only, touched
// only as far as it is used, and forgotten by `clear` in a time that depends on neither capacity nor use.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

namespace punchlab::nat {

/// A slot number that names no slot.
inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

namespace detail {
struct Free {
  void operator()(void* p) const { ::operator delete(p); }
};
/// Uninitialised memory: a large table costs nothing until it is used.
template <class T>
std::unique_ptr<T[], Free> uninitialised(std::size_t n) {
  static_assert(std::is_trivially_destructible_v<T>);
  return std::unique_ptr<T[], Free>(static_cast<T*>(::operator new(n * sizeof(T))));
}
}  // namespace detail

/// A slot's place in one hash chain.
struct Link {
  std::uint32_t next = kNone;
  std::uint32_t hash = 0;
};

/// What every kind of slot starts with.
struct Slot {
  bool live = false;
  std::uint32_t next_free = kNone;
};

/// Slots of `T` (derived from Slot), named by number; addresses stay until the next `prepare`.
template <class T>
class Pool {
 public:
  /// Room for `capacity` slots, and no live one.
  void prepare(std::uint32_t capacity) {
    if (capacity > allocated_) {
      slots_ = detail::uninitialised<T>(capacity);
      allocated_ = capacity;
    }
    capacity_ = capacity;
    clear();
  }
  void clear() {
    used_ = live_ = 0;
    free_ = kNone;
  }
  /// A fresh slot, or kNone when all are live.
  std::uint32_t take() {
    std::uint32_t i = free_;
    if (i != kNone) {
      free_ = slots_[i].next_free;
    } else if (used_ < capacity_) {
      i = used_++;
    } else {
      return kNone;
    }
    ::new (&slots_[i]) T{};
    slots_[i].live = true;
    ++live_;
    return i;
  }
  void give_back(std::uint32_t i) {
    slots_[i].live = false;
    slots_[i].next_free = free_;
    free_ = i;
    --live_;
  }
  T& operator[](std::uint32_t i) { return slots_[i]; }
  const T& operator[](std::uint32_t i) const { return slots_[i]; }
  std::uint32_t number_of(const T& slot) const { return static_cast<std::uint32_t>(&slot - slots_.get()); }
  /// Slots below this number have been live at some time; `T::live` says which are.
  std::uint32_t used() const { return used_; }
  std::uint32_t live() const { return live_; }
  std::uint32_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<T[], detail::Free> slots_;
  std::uint32_t allocated_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t live_ = 0;
  std::uint32_t free_ = kNone;
};

/// Hash chains over the slots of one pool. The number of chains starts small and doubles with use, within memory that
/// `prepare` took, so that clearing it is cheap when little was used.
template <class T, Link T::*kLink>
class Index {
 public:
  void prepare(std::uint32_t capacity) {
    const std::uint32_t chains = std::bit_ceil(std::max(capacity, kFewest));
    if (chains > allocated_) {
      heads_ = detail::uninitialised<std::uint32_t>(chains);
      allocated_ = chains;
    }
    most_ = chains;
    clear();
  }
  void clear() { start(kFewest); }

  void insert(Pool<T>& pool, std::uint32_t slot, std::uint64_t key_hash) {
    if (count_ > mask_ && mask_ + 1 < most_) grow(pool, slot);
    (pool[slot].*kLink).hash = shorten(key_hash);
    link(pool, slot);
  }
  void erase(Pool<T>& pool, std::uint32_t slot) {
    std::uint32_t* at = &heads_[(pool[slot].*kLink).hash & mask_];
    while (*at != slot) at = &(pool[*at].*kLink).next;
    *at = (pool[slot].*kLink).next;
    --count_;
  }
  /// The first slot with this hash that `matches(slot)` accepts, or kNone. `matches` must not change the index.
  template <class Matches>
  std::uint32_t find(const Pool<T>& pool, std::uint64_t key_hash, Matches&& matches) const {
    const std::uint32_t hash = shorten(key_hash);
    for (std::uint32_t i = heads_[hash & mask_]; i != kNone; i = (pool[i].*kLink).next) {
      if ((pool[i].*kLink).hash == hash && matches(pool[i])) return i;
    }
    return kNone;
  }

 private:
  static constexpr std::uint32_t kFewest = 32;

  static std::uint32_t shorten(std::uint64_t hash) { return static_cast<std::uint32_t>(hash ^ (hash >> 32)); }
  void start(std::uint32_t chains) {
    mask_ = chains - 1;
    count_ = 0;
    std::fill_n(heads_.get(), chains, kNone);
  }
  void link(Pool<T>& pool, std::uint32_t slot) {
    Link& l = pool[slot].*kLink;
    l.next = heads_[l.hash & mask_];
    heads_[l.hash & mask_] = slot;
    ++count_;
  }
  void grow(Pool<T>& pool, std::uint32_t newcomer) {
    start((mask_ + 1) * 2);
    for (std::uint32_t i = 0; i < pool.used(); ++i) {
      if (pool[i].live && i != newcomer) link(pool, i);
    }
  }

  std::unique_ptr<std::uint32_t[], detail::Free> heads_;
  std::uint32_t allocated_ = 0;
  std::uint32_t most_ = 0;
  std::uint32_t mask_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace punchlab::nat
