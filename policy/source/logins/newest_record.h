// The answer of one look-up while its records are met: the newest of them, all of one layout.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "policy/login_record.h"
#include "policy/lookup.h"

namespace relay {

class NewestRecord {
public:
    void take(LoginRecord record) {
        if (!found_ || record.at > found_->at) found_ = std::move(record);
    }
    [[nodiscard]] Lookup<LoginRecord> answer() const {
        if (!found_) return Absent{};
        return *found_;
    }

private:
    std::optional<LoginRecord> found_;
};

}  // namespace relay
