#include <iostream>

#include "tests/property/property.h"
#include "tests/property/relayers_world.h"

using property::Change;
using property::holds;
using property::Step;

namespace {

rc::Gen<Step> step() {
    const auto change = rc::gen::map(rc::gen::inRange(0, property::kChanges), [](int number) { return Change{number}; });
    const auto fresh_or_old = rc::gen::oneOf(rc::gen::inRange(-100, 1000), rc::gen::inRange(90'000, 100'000));
    return rc::gen::construct<Step>(change, rc::gen::inRange(0, property::kClients), rc::gen::inRange(0, property::kClients),
                                    rc::gen::inRange(0, property::kSpellings), fresh_or_old);
}

/// What is wrong may depend on the clock and be gone when RapidCheck tries fewer steps: so it is told here.
void take(property::World& world, const std::vector<Step>& steps, std::size_t number) try {
    world.take(steps[number]);
} catch (const std::exception& error) {
    std::cerr << error.what() << ", after\n";
    for (std::size_t i = 0; i <= number; ++i) std::cerr << steps[i];
    throw;
}

}  // namespace

TEST_CASE("readers answer what the file holds, at the first look-up after any change") {
    holds("the reader and the model agree, whoever writes, damages, replaces or removes the file", [] {
        const auto buckets = *rc::gen::weightedElement<std::uint32_t>({{5, 64}, {1, 4200}});
        const auto steps = *rc::gen::container<std::vector<Step>>(step());
        property::World world{buckets};
        for (std::size_t i = 0; i < steps.size(); ++i) take(world, steps, i);
    });
}
