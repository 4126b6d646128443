// The data of an entry in relayers.db, in each layout, and the words that login names become.
#include "policy/login_record.h"
#include "tests/fuzz/fuzz.h"

using namespace relay;

namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'795'000'000}};

void encode_again(const LoginRecord& record) {
    const auto encoded = encode_login_record(record);
    fuzz::expect(fuzz::is_printable_line(encoded), "a record is printable");
    fuzz::expect(encoded.size() <= kMaxRecordBytes, "a record is not too long");
    const auto decoded = decode_login_record(encoded, Layout::timestamp);
    fuzz::expect(decoded && decoded->at == record.at, "what is written is read as the same time");
    const auto again = decode_login_record(encode_login_record(*decoded), Layout::timestamp);
    fuzz::expect(again == decoded, "and keeps its meaning");
    const auto both = merged(record, *decoded);
    fuzz::expect(both.at == record.at && both.logins.size() <= 2 * kMaxLogins, "merging with itself adds no time");
    for (const auto& login : decoded->logins) {
        const auto rest = without_login(*decoded, login.name);
        fuzz::expect(!rest || !names_login(*rest, login.name), "a login taken out is out");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto data = fuzz::text_of(bytes, size);
    for (const Layout layout : {Layout::timestamp, Layout::expiry, Layout::presence}) {
        const auto record = decode_login_record(data, layout);
        if (!record) continue;
        freshness(*record, kNow, std::chrono::minutes{1440});
        fuzz::expect(record->logins.size() <= kMaxLogins, "no more logins than the most");
        if (layout == Layout::timestamp) encode_again(*record);
    }
    const auto word = login_word(data);
    fuzz::expect(fuzz::is_printable_line(word) && word.find(' ') == word.npos, "a login is one printable word");
    fuzz::expect(word == login_word("") || login_of_word(word) == data, "a word means the login that it stands for");
    return 0;
}
