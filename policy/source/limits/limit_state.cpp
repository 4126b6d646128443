#include "policy/source/limits/limit_state.h"

#include <algorithm>
#include <array>
#include <type_traits>

namespace relay {
namespace {

constexpr std::string_view kMagic = "MRLIMITS";
constexpr std::uint32_t kVersion = 2;
constexpr SipKey kChecksumKey{};
constexpr std::int64_t kForEver = -1;
/// No count or brake reaches further: the longest `within` and `hold` are shorter.
constexpr LimitTime kLongest = std::chrono::hours{24 * 366 * 2};

class Writer {
public:
    template <class Number>
    void number(Number value) {
        auto bits = static_cast<std::make_unsigned_t<Number>>(value);
        for (std::size_t i = 0; i < sizeof bits; ++i) {
            out.push_back(static_cast<char>(bits & 0xff));
            if constexpr (sizeof bits > 1) bits = static_cast<decltype(bits)>(bits >> 8);
        }
    }
    void text(std::string_view bytes) {
        bytes = bytes.substr(0, 0xffff);
        number(static_cast<std::uint16_t>(bytes.size()));
        out.append(bytes);
    }
    void count(std::size_t size) { number(static_cast<std::uint32_t>(size)); }

    std::string out;
};

struct Damaged {
    std::string why;
};

class Reader {
public:
    explicit Reader(std::string_view bytes) : left_{bytes} {}

    std::string_view bytes(std::size_t size) {
        if (left_.size() < size) throw Damaged{"it ends too early"};
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
    template <class Number>
    Number number() {
        std::uint64_t bits = 0;
        const auto from = bytes(sizeof(Number));
        for (std::size_t i = from.size(); i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(from[i]);
        return static_cast<Number>(bits);
    }
    std::string text(std::size_t longest) {
        const auto size = number<std::uint16_t>();
        if (size > longest) throw Damaged{"a text in it is too long"};
        return std::string{bytes(size)};
    }
    std::uint32_t count(std::size_t most) {
        const auto value = number<std::uint32_t>();
        if (value > most) throw Damaged{"a number in it is too large"};
        return value;
    }
    LimitTime time(LimitTime longest) {
        const LimitTime value{number<std::int64_t>()};
        if (value < LimitTime{0} || value > longest) throw Damaged{"a time in it is out of range"};
        return value;
    }
    [[nodiscard]] bool at_end() const { return left_.empty(); }

private:
    std::string_view left_;
};

constexpr std::int64_t kLatestWall = 253'402'300'799;  // The end of the year 9999.
constexpr std::size_t kMostLimits = 1000;
constexpr std::size_t kLongestName = 200;

void write_login(Writer& to, const LoginGuard::Entry& entry, LimitTime now) {
    const GuardRecord& record = entry.record;
    to.text(entry.login);
    to.number<std::int64_t>(record.braked_until == GuardRecord::kForEver ? kForEver
                            : record.braked(now) ? (record.braked_until - now).count() : 0);
    to.number(static_cast<std::uint8_t>(record.cause));
    to.count(record.count);
    for (const LimitTime owing_until : {record.refusals, record.limit_hits})
        to.number<std::int64_t>(std::max(LimitTime{0}, owing_until - now).count());
    to.count(record.seen.size());
    for (const auto& seen : record.seen) {
        for (const std::uint8_t byte : seen.network.base().bytes()) to.number(byte);
        to.number(static_cast<std::uint8_t>(seen.network.bits()));
        to.number<std::int64_t>(std::max(LimitTime{0}, now - seen.at).count());
    }
}

Network read_network(Reader& from) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::uint8_t& byte : bytes) byte = from.number<std::uint8_t>();
    return Network::around(Address::v6(bytes), from.number<std::uint8_t>());
}

LoginGuard::Entry read_login(Reader& from, LimitTime now) {
    LoginGuard::Entry entry;
    entry.login = from.text(LoginGuard::kLongestLogin);
    const LimitTime brake{from.number<std::int64_t>()};
    if (brake.count() < kForEver || brake > kLongest) throw Damaged{"a time in it is out of range"};
    if (brake.count() == kForEver) entry.record.braked_until = GuardRecord::kForEver;
    else if (brake.count() > 0) entry.record.braked_until = now + brake;
    const auto cause = from.number<std::uint8_t>();
    if (cause > static_cast<std::uint8_t>(GuardCause::limit_hits)) throw Damaged{"a cause in it is unknown"};
    entry.record.cause = static_cast<GuardCause>(cause);
    entry.record.count = from.count(GuardSettings::kMostEvents);
    for (LimitTime* owing_until : {&entry.record.refusals, &entry.record.limit_hits})
        if (const LimitTime owed = from.time(kLongest); owed > LimitTime{0}) *owing_until = now + owed;
    for (auto left = from.count(GuardSettings::kMostNetworks); left > 0; --left) {
        const Network network = read_network(from);
        entry.record.seen.push_back({network, now - from.time(kLongest)});
    }
    return entry;
}

LimitState::Limit read_limit(Reader& from, LimitTime now) {
    LimitState::Limit limit;
    limit.name = from.text(kLongestName);
    for (auto left = from.count(LimitTable::kMostKeys); left > 0; --left) {
        const auto fingerprint = from.number<std::uint64_t>();
        const auto owed = from.time(kLongest);
        limit.keys.push_back({fingerprint, now + owed, from.text(LimitTable::kKeptText)});
    }
    return limit;
}

LimitState read_state(std::string_view bytes) {
    Reader from{bytes};
    if (bytes.size() < kMagic.size() || from.bytes(kMagic.size()) != kMagic) throw Damaged{"it is no state of limits"};
    if (const auto version = from.number<std::uint32_t>(); version != kVersion)
        throw Damaged{"it is of version " + std::to_string(version) + ", and only " + std::to_string(kVersion) + " is known"};
    if (bytes.size() < 8 + kMagic.size()) throw Damaged{"it ends too early"};
    const auto content = bytes.substr(0, bytes.size() - 8);
    if (Reader{bytes.substr(content.size())}.number<std::uint64_t>() != siphash(kChecksumKey, content))
        throw Damaged{"its checksum is wrong"};
    from = Reader{content.substr(kMagic.size() + sizeof kVersion)};
    LimitState state;
    state.moment.boot = from.text(kLongestName);
    state.moment.since_boot = from.time(LimitTime{std::chrono::hours{24 * 366 * 100}}).count();
    state.moment.wall = from.number<std::int64_t>();
    if (state.moment.wall < 0 || state.moment.wall > kLatestWall) throw Damaged{"a time in it is out of range"};
    state.seed = {from.number<std::uint64_t>(), from.number<std::uint64_t>()};
    const LimitTime then{state.moment.since_boot};
    for (auto left = from.count(kMostLimits); left > 0; --left) state.limits.push_back(read_limit(from, then));
    for (auto left = from.count(LoginGuard::kMostLogins); left > 0; --left) state.logins.push_back(read_login(from, then));
    if (!from.at_end()) throw Damaged{"there is more behind its end"};
    return state;
}

}  // namespace

std::string encode_limit_state(const LimitState& state) {
    const LimitTime now{state.moment.since_boot};
    Writer to;
    to.out = kMagic;
    to.number(kVersion);
    to.text(state.moment.boot);
    to.number(state.moment.since_boot);
    to.number(state.moment.wall);
    for (const std::uint64_t word : state.seed) to.number(word);
    to.count(state.limits.size());
    for (const auto& limit : state.limits) {
        to.text(limit.name);
        to.count(limit.keys.size());
        for (const auto& key : limit.keys) {
            to.number(key.fingerprint);
            to.number<std::int64_t>(std::max(LimitTime{0}, key.value - now).count());
            to.text(key.text);
        }
    }
    to.count(state.logins.size());
    for (const auto& entry : state.logins) write_login(to, entry, now);
    to.number(siphash(kChecksumKey, to.out));
    return std::move(to.out);
}

std::variant<LimitState, std::string> decode_limit_state(std::string_view bytes) {
    try {
        return read_state(bytes);
    } catch (const Damaged& damaged) {
        return damaged.why;
    }
}

LimitState aged(LimitState state, const LimitMoment& now) {
    const LimitTime shift = LimitTime{now.since_boot} - LimitTime{state.moment.since_boot} - elapsed(state.moment, now);
    for (auto& limit : state.limits)
        for (auto& key : limit.keys) key.value += shift;
    for (auto& [login, record] : state.logins) {
        for (auto& seen : record.seen) seen.at += shift;
        record.refusals += shift;
        record.limit_hits += shift;
        if (record.braked_until != GuardRecord::kForEver) record.braked_until += shift;
    }
    state.moment = now;
    return state;
}

}  // namespace relay
