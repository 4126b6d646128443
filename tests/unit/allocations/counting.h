// Counts every allocation of the thread. To be included by one file of a program: it replaces operator new.
#pragma once

#include <cstdlib>
#include <new>

namespace relay::test {

inline thread_local std::size_t allocations = 0;

/// Allocations of this thread while `act` runs, what it returns being kept until they are counted.
template <class Act>
std::size_t allocations_of(Act act) {
    const std::size_t before = allocations;
    [[maybe_unused]] const auto kept = act();
    return allocations - before;
}

}  // namespace relay::test

// None is inlined: where the compiler sees through one of a pair only, they look mismatched to it.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++relay::test::allocations;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) return memory;
    throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
