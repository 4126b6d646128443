#include <map>

#include "policy/source/limits/limit_state.h"
#include "policy/source/limits/limit_table.h"
#include "tests/property/generators.h"
#include "tests/property/property.h"

using namespace relay;
using property::holds;
using namespace std::chrono_literals;

namespace {

constexpr SipKey kSeed{3, 4};

/// The table's promise, written as simply as it can be: one value a key, all or none.
struct Model {
    std::map<std::pair<int, std::string>, LimitTime> values;

    bool charge(const std::vector<std::tuple<int, std::string, Pace>>& demands, LimitTime now) {
        for (const auto& [table, key, pace] : demands)
            if (!pace.has_room(values[{table, key}], now)) return false;
        for (const auto& [table, key, pace] : demands) {
            auto& value = values[{table, key}];
            value = pace.next(value, now);
        }
        return true;
    }
};

}  // namespace

TEST_CASE("the table answers as one value a key would") {
    holds("for several limits at once, as time goes on, while keys come, idle and grow the table", [] {
        const int count = *rc::gen::inRange(1, 4);
        std::vector<std::unique_ptr<LimitTable>> tables;
        std::vector<Pace> paces;
        for (int i = 0; i < count; ++i) {
            tables.push_back(std::make_unique<LimitTable>(kSeed));
            const auto max = *rc::gen::inRange(1U, 6U);
            paces.emplace_back(max, std::chrono::seconds{*rc::gen::inRange(1, 20)}, *rc::gen::inRange(1U, max + 1));
        }
        Model model;
        LimitTime now = 1h;
        for (int left = *rc::gen::inRange(1, 200); left > 0; --left) {
            now += LimitTime{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000)};
            std::vector<LimitTable::Demand> demands;
            std::vector<std::tuple<int, std::string, Pace>> expected;
            for (int i = 0; i < count; ++i) {
                const std::string key = std::to_string(*rc::gen::inRange(0, 5));
                auto& demand = demands.emplace_back();
                demand.table = tables[static_cast<std::size_t>(i)].get();
                demand.key = key;
                demand.pace = paces[static_cast<std::size_t>(i)];
                expected.emplace_back(i, key, demand.pace);
            }
            RC_ASSERT(LimitTable::charge(demands, now) == model.charge(expected, now));
        }
    });
}

TEST_CASE("a state comes back from its bytes, and no other bytes are one") {
    const auto any_state = [] {
        LimitState state;
        state.moment = {*property::bytes(36), *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000), *rc::gen::inRange<std::int64_t>(0, 2'000'000'000)};
        state.seed = {*rc::gen::arbitrary<std::uint64_t>(), *rc::gen::arbitrary<std::uint64_t>()};
        const LimitTime now{state.moment.since_boot};
        for (int limits = *rc::gen::inRange(0, 3); limits > 0; --limits) {
            auto& limit = state.limits.emplace_back();
            limit.name = *property::bytes(20);
            for (int keys = *rc::gen::inRange(0, 5); keys > 0; --keys)
                limit.keys.push_back({*rc::gen::arbitrary<std::uint64_t>(),
                                      now + LimitTime{*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000)}, *property::bytes(39)});
        }
        for (int logins = *rc::gen::inRange(0, 3); logins > 0; --logins) {
            auto& [login, record] = state.logins.emplace_back();
            login = *property::bytes(20);
            if (*rc::gen::arbitrary<bool>()) record.braked_until = *rc::gen::element(LimitTime{0}, GuardRecord::kForEver, now + 5min);
            record.cause = *rc::gen::element(GuardCause::networks, GuardCause::refusals, GuardCause::limit_hits);
            record.count = *rc::gen::inRange(0U, 100U);
            if (*rc::gen::arbitrary<bool>()) record.refusals = now + LimitTime{*rc::gen::inRange<std::int64_t>(1, 1'000'000)};
            if (*rc::gen::arbitrary<bool>()) record.limit_hits = now + LimitTime{*rc::gen::inRange<std::int64_t>(1, 1'000'000)};
            for (int seen = *rc::gen::inRange(0, 4); seen > 0; --seen)
                record.seen.push_back({guard_network(*property::address()), now - LimitTime{*rc::gen::inRange<std::int64_t>(0, 1'000'000)}});
        }
        return state;
    };
    holds("whatever is in it", [&] {
        const LimitState state = any_state();
        const auto back = decode_limit_state(encode_limit_state(state));
        RC_ASSERT(std::holds_alternative<LimitState>(back));
        RC_ASSERT(std::get<LimitState>(back) == state);
    });
    holds("a changed, cut or longer file is damaged", [&] {
        std::string bytes = encode_limit_state(any_state());
        const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(bytes.size())));
        switch (*rc::gen::inRange(0, 3)) {
            case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << *rc::gen::inRange(0, 8))); break;
            case 1: bytes.resize(at); break;
            case 2: bytes += *rc::gen::element<std::string>("x", std::string(8, '\0')); break;
        }
        RC_ASSERT(std::holds_alternative<std::string>(decode_limit_state(bytes)));
    });
    holds("forged bytes with a right checksum are taken within bounds or not at all", [&] {
        std::string bytes = encode_limit_state(any_state());
        bytes.resize(bytes.size() - 8);
        for (int changes = *rc::gen::inRange(1, 10); changes > 0; --changes)
            bytes[static_cast<std::size_t>(*rc::gen::inRange(8, static_cast<int>(bytes.size())))] = *rc::gen::element('\0', '\1', '\x7f', '\xff', 'x');
        const std::uint64_t sum = siphash({}, bytes);
        for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(sum >> (8 * i) & 0xff));
        const auto decoded = decode_limit_state(bytes);
        if (const auto* state = std::get_if<LimitState>(&decoded)) static_cast<void>(aged(*state, limit_moment()));
    });
}
