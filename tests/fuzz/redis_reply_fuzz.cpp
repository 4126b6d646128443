// What a Redis server answers, in whatever pieces it comes.
#include <optional>
#include <vector>

#include "policy/source/redis/redis_fault.h"
#include "policy/source/redis/reply_reader.h"
#include "tests/fuzz/fuzz.h"

using namespace relay;

namespace {

struct Read {
    std::vector<RedisReply> replies;
    bool fault = false;
    bool operator==(const Read&) const = default;
};

Read read_in_pieces(std::string_view bytes, std::size_t piece) {
    ReplyReader reader;
    Read read;
    try {
        for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
            reader.feed(bytes.substr(0, piece));
            while (auto reply = reader.next()) read.replies.push_back(*std::move(reply));
        }
    } catch (const RedisFault& fault) {
        fuzz::expect(fault.kind == RedisFault::Kind::strange, "what is no reply is strange");
        fuzz::expect(fuzz::is_printable_line(fault.what()), "a fault is printable");
        read.fault = true;
    }
    return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = fuzz::text_of(bytes, size);
    const Read whole = read_in_pieces(text, size + 1);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}})
        fuzz::expect(read_in_pieces(text, piece) == whole, "the pieces make no difference");
    return 0;
}
