#include "policy/source/shared/shared_scan.h"

namespace relay {
namespace {

/// Slots of the server's table that one call looks at: a millisecond of its time.
constexpr const char* kSlots = "1000";
constexpr char kBegin = '0';

}  // namespace

void SharedScan::rewind() {
    cursor_.assign(1, kBegin);
    begun_ = false;
}

std::vector<std::string> SharedScan::next() {
    const auto reply = server_->call(RedisCommand{"SCAN", cursor_, "MATCH", prefix_ + '*', "COUNT", kSlots}, deadline_);
    const auto* parts = reply.array();
    const auto* cursor = parts && parts->size() == 2 ? (*parts)[0].text() : nullptr;
    const auto* found = cursor ? (*parts)[1].array() : nullptr;
    if (!found) throw RedisFault{RedisFault::Kind::strange, server_->name() + ": the answer to SCAN is none"};
    cursor_ = *cursor;
    begun_ = true;
    std::vector<std::string> keys;
    for (const RedisReply& key : *found)
        if (const auto* text = key.text(); text && text->starts_with(prefix_)) keys.push_back(*text);
    return keys;
}

}  // namespace relay
