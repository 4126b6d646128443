// Every value of one of our enums, counted until name_of() has no word: a new value is in the tests without being told.
#pragma once

#include <vector>

#include "policy/verdict.h"

template <class Enum>
std::vector<Enum> all_of() {
    std::vector<Enum> values;
    for (int i = 0; !relay::name_of(static_cast<Enum>(i)).empty(); ++i) values.push_back(static_cast<Enum>(i));
    return values;
}
