// The file that limits survive a restart in: with any sum, and, since no change would ever pass it, with the right one.
#include "policy/source/limits/limit_state.h"
#include "policy/source/limits/limit_store.h"
#include "policy/source/limits/siphash.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/limited.h"

using namespace relay;

namespace {

std::string with_sum(std::string_view body) {
    std::string file{body};
    const auto sum = siphash({}, body);
    for (int shift = 0; shift < 64; shift += 8) file.push_back(static_cast<char>(sum >> shift & 0xff));
    return file;
}

void take(std::string_view file) {
    const auto result = decode_limit_state(file);
    if (const auto* fault = std::get_if<std::string>(&result)) {
        fuzz::expect(fuzz::is_printable_line(*fault) && !fault->empty(), "why it is none is told");
        return;
    }
    const auto& state = std::get<LimitState>(result);
    const auto again = decode_limit_state(encode_limit_state(state));
    fuzz::expect(std::get_if<LimitState>(&again) && std::get<LimitState>(again) == state, "what is written is read");
    LimitStore store;
    store.restore(state, {fuzz::limit_named_x()});
    static_cast<void>(store.state());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    take(fuzz::text_of(bytes, size));
    take(with_sum(fuzz::text_of(bytes, size)));
    return 0;
}
