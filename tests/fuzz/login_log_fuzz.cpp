// The lines of log files, for the formats of all servers: nothing that a line says makes a login that is none.
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/shipped_feed.h"

using namespace relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::ShippedFeed feed;
    StampReader stamps;
    fuzz::each_line(fuzz::text_of(bytes, size), [&](std::string_view line) {
        if (const auto parsed = parse_log_line(line, stamps, fuzz::kNow)) feed.take(*parsed);
    });
    return 0;
}
