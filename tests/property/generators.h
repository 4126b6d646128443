// Random facts, near enough to the edges that every row of the table is met often.
#pragma once

#include <rapidcheck.h>

#include "policy/policy.h"

namespace property {

/// The time of every decision.
inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'000'000'000}};

/// Any bytes, up to `size` of them.
rc::Gen<std::string> bytes(int size);
/// Up to `size` of these bytes.
rc::Gen<std::string> text_of(std::string_view alphabet, int size);

rc::Gen<relay::Address> address();
rc::Gen<relay::Settings> settings();
rc::Gen<relay::Envelope> envelope();
rc::Gen<relay::LoginRecord> login_record();
rc::Gen<relay::Lookup<relay::Listed>> domain_answer();
rc::Gen<relay::Lookup<relay::LoginRecord>> login_answer();

/// Every finding answered.
rc::Gen<relay::Findings> findings();

}  // namespace property
