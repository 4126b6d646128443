// What a server did not do, as the Fault that writers throw.
#pragma once

#include "policy/source/files/fault.h"
#include "policy/source/redis/redis_client.h"

namespace relay {

inline Fault fault_of(const RedisFault& fault) {
    return {fault.kind == RedisFault::Kind::unreachable ? Trouble::unreachable : Trouble::refused, fault.what()};
}

/// What `ask` returns; its RedisFault becomes a Fault.
template <class Ask>
auto or_fault(Ask ask) -> decltype(ask()) {
    try {
        return ask();
    } catch (const RedisFault& fault) {
        throw fault_of(fault);
    }
}

}  // namespace relay
