#include <algorithm>

#include "policy/login_record.h"
#include "tests/property/generators.h"
#include "tests/property/property.h"

using namespace relay;
using property::holds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

sys_seconds any_second() { return sys_seconds{seconds{*rc::gen::inRange<std::int64_t>(0, kMaxSeconds + 1)}}; }

/// Any bytes, short enough that sixteen fit.
std::string any_name() {
    std::string name = *rc::gen::oneOf(property::text_of("abcXYZ019@.%+!-", 12), property::bytes(8));
    return name.empty() ? "x" : name;
}

LoginRecord writable_record() {
    LoginRecord record;
    for (int left = *rc::gen::inRange(0, 17); left > 0; --left) record.logins.push_back({any_second(), any_name()});
    std::stable_sort(record.logins.begin(), record.logins.end(), [](const Login& a, const Login& b) { return a.at > b.at; });
    record.at = record.logins.empty() ? any_second() : record.logins.front().at;
    return record;
}

}  // namespace

TEST_CASE("a record comes back from its bytes") {
    holds("with its logins, and with a trailing NUL", [] {
        const LoginRecord record = writable_record();
        const std::string data = encode_login_record(record);
        RC_ASSERT(decode_login_record(data, Layout::timestamp) == record);
        RC_ASSERT(decode_login_record(data + '\0', Layout::timestamp) == record);
        RC_ASSERT(!decode_login_record(data + std::string(2, '\0'), Layout::timestamp));
    });
}

TEST_CASE("no byte of a name can end its field") {
    holds("a record is printable ASCII: words parted by single blanks, two for each login", [] {
        const LoginRecord record = writable_record();
        const std::string data = encode_login_record(record);
        for (const char c : data) RC_ASSERT(c >= ' ' && c < 0x7f);
        const auto blanks = static_cast<std::size_t>(std::count(data.begin(), data.end(), ' '));
        RC_ASSERT(blanks + 1 == std::max<std::size_t>(1, 2 * record.logins.size()));
    });
}

TEST_CASE("merging logins again, or in another order, changes nothing") {
    holds("merged is idempotent, and as new as the newer", [] {
        const LoginRecord a = writable_record();
        const LoginRecord b = writable_record();
        const LoginRecord both = merged(a, b);
        RC_ASSERT(both.at == std::max(a.at, b.at));
        RC_ASSERT(merged(both, b) == both);
        RC_ASSERT(merged(b, a).at == both.at);
    });
}

TEST_CASE("whatever is in a record, its bytes are a record of the same second") {
    holds("names of arbitrary bytes, logins in any order and number", [] {
        LoginRecord record;
        record.at = any_second();
        for (int left = *rc::gen::inRange(0, 20); left > 0; --left)
            record.logins.push_back({*rc::gen::element(record.at, any_second()), *property::bytes(6)});
        std::stable_sort(record.logins.begin(), record.logins.end(), [](const Login& a, const Login& b) { return a.at > b.at; });
        const auto back = decode_login_record(encode_login_record(record), Layout::timestamp);
        RC_ASSERT(back);
        RC_ASSERT(back->at == record.at);
        for (const Login& login : back->logins)
            RC_ASSERT(std::find(record.logins.begin(), record.logins.end(), login) != record.logins.end());
    });
}

TEST_CASE("arbitrary bytes are a record or corrupt") {
    holds("decode never crashes; what it takes survives its bytes; no login is newer than the record", [] {
        const std::string data = *rc::gen::oneOf(property::bytes(40), property::text_of("0123456789 ab\t", 60));
        RC_ASSERT(decode_login_record(data, Layout::presence));
        if (const auto expiry = decode_login_record(data, Layout::expiry)) RC_ASSERT(expiry->logins.empty());
        const auto record = decode_login_record(data, Layout::timestamp);
        if (!record) return;
        RC_ASSERT(decode_login_record(encode_login_record(*record), Layout::timestamp) == record);
        for (const Login& login : record->logins) RC_ASSERT(login.at <= record->at);
    });
}

TEST_CASE("a login that was fresh stays fresh until it expires, once") {
    holds("freshness never comes back as time goes on", [] {
        const LoginRecord record = *property::login_record();
        const seconds window{*rc::gen::inRange(1, 2'000'000)};
        const sys_seconds earlier = property::kNow;
        const sys_seconds later = earlier + seconds{*rc::gen::inRange(0, 2'000'000)};
        if (freshness(record, earlier, window) == Freshness::expired) RC_ASSERT(freshness(record, later, window) == Freshness::expired);
        if (freshness(record, later, window) == Freshness::standing) RC_ASSERT(freshness(record, earlier, window) == Freshness::standing);
    });
}
