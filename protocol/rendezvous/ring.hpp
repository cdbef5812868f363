#pragma once
// A queue of fixed size, in place.
#include <array>
#include <cstddef>

namespace punchlab::rendezvous {

template <class T, std::size_t Capacity>
class Ring {
 public:
  bool empty() const { return count_ == 0; }
  /// The new last element, to be filled; null when the queue is full.
  T* push() { return count_ == Capacity ? nullptr : &items_[(head_ + count_++) % Capacity]; }
  /// The first element; the queue must not be empty.
  T& front() { return items_[head_]; }
  void pop() {
    head_ = (head_ + 1) % Capacity;
    --count_;
  }

 private:
  std::array<T, Capacity> items_;
  std::size_t head_ = 0;
  std::size_t count_ = 0;
};

}  // namespace punchlab::rendezvous
