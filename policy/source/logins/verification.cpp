#include "policy/source/logins/verification.h"

#include <utility>

namespace relay {

void Faults::add(std::string fault) {
    if (++count <= kMostTold) told.push_back(std::move(fault));
}

}  // namespace relay
