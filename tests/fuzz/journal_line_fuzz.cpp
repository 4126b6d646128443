// Entries of the journal as journalctl prints them, for the formats of all servers.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/shipped_feed.h"
#include "vsmtprelay/feed/journal_line.h"

using namespace relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    fuzz::ShippedFeed feed;
    fuzz::each_line(fuzz::text_of(bytes, size), [&feed](std::string_view json) {
        const auto entry = parse_journal_line(json, fuzz::kNow);
        if (!entry) return;
        fuzz::expect(!entry->cursor.empty(), "an entry has a cursor");
        if (!entry->line) return;
        fuzz::expect(entry->line->origin.has_value(), "the journal names the writer");
        feed.take(*entry->line);
    });
    return 0;
}
