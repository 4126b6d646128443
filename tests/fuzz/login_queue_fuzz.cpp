// The file of logins that wait for a server, and the URL of one.
#include "policy/source/queue/queue_line.h"
#include "policy/source/redis/redis_url.h"
#include "tests/fuzz/fuzz.h"

using namespace relay;

namespace {

void write_again(const LoginEvent& event) {
    const std::string line = queue_line(event);
    fuzz::expect(line.ends_with('\n') && fuzz::is_printable_line(line.substr(0, line.size() - 1)), "a line is one printable line");
    const auto read = parse_queue_line(line.substr(0, line.size() - 1));
    fuzz::expect(read && read->client == event.client && read->at == event.at, "what is written is read");
    fuzz::expect(read->login == event.login || read->login.empty(), "and is the same name, or none that is too long");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = fuzz::text_of(bytes, size);
    fuzz::each_line(text, [](std::string_view line) {
        if (const auto event = parse_queue_line(line)) write_again(*event);
        const auto url = parse_redis_url(line);
        if (const auto* problem = std::get_if<std::string>(&url)) fuzz::expect(fuzz::is_printable_line(*problem), "a problem is printable");
        else fuzz::expect(is_redis_url(line), "what is taken as a URL looks like one");
    });
    return 0;
}
