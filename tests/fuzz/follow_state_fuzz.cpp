// What vsmtprelay follow knows of its last run: read whole, or a fault.
#include "policy/source/files/fault.h"
#include "tests/fuzz/scratch_file.h"
#include "vsmtprelay/feed/follow_state.h"

using namespace relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static const fuzz::ScratchFile scratch;
    scratch.hold(fuzz::text_of(bytes, size));
    try {
        static_cast<void>(read_follow_state(scratch.path()));
    } catch (const Fault& fault) {
        fuzz::expect(fuzz::is_printable_line(fault.what()), "a fault is printable");
    }
    return 0;
}
