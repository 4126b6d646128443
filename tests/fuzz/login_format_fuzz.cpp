// Login formats of the admin's own: taken whole, or refused in words.
#include "tests/fuzz/fuzz.h"
#include "vsmtprelay/feed/format_file.h"

using namespace relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    try {
        const auto format = parse_login_format(fuzz::text_of(bytes, size), "f.toml");
        static_cast<void>(format.read("login alice from 198.51.100.7 port 5"));
    } catch (const BadFormat& bad) {
        fuzz::expect(fuzz::is_printable_line(bad.what()), "what is wrong is told in a printable line");
    }
    return 0;
}
