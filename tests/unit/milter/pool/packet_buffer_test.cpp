#include "milter/pool/packet_buffer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "policy/source/files/descriptor.h"
#include "tests/support/catch.h"

using namespace relay;
using namespace std::string_literals;

namespace {

/// A connection, by its two ends.
struct Line {
    Line() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        mta = Descriptor{ends[0]};
        milter = Descriptor{ends[1]};
    }
    void send(const std::string& bytes) const { REQUIRE(::send(mta.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())); }

    Descriptor mta;
    Descriptor milter;
};

struct Read {
    Read(const Line& line, const std::string& rest = {}) { buffer->restore(line.milter.get(), rest); }
    /// The packets that there are by now, each as its letter and its data.
    std::string packets() const {
        std::string all;
        while (buffer->ready() && !buffer->ended()) {
            const auto packet = buffer->take();
            all += packet.command + "("s + std::string{packet.data} + ")";
        }
        return all;
    }

    std::unique_ptr<PacketBuffer> buffer = std::make_unique<PacketBuffer>();
};

std::string packet(char letter, const std::string& data) {
    const auto size = data.size() + 1;
    return {static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size), letter};
}

std::string whole(char letter, const std::string& data) { return packet(letter, data) + data; }

}  // namespace

TEST_CASE("what comes at once is taken packet by packet, and then nothing is ready") {
    const Line line;
    const Read read{line};
    CHECK_FALSE(read.buffer->ready());
    line.send(whole('C', "one") + whole('Q', "") + whole('R', std::string(3000, 'x')));
    CHECK_FALSE(read.buffer->ready());  // It had asked before, and asks again when it is called for the connection.
    const Read again{line};
    CHECK(again.packets() == "C(one)Q()R(" + std::string(3000, 'x') + ")");
    CHECK_FALSE(again.buffer->ready());
    CHECK(again.buffer->rest().empty());
}

TEST_CASE("a packet that comes in two pieces, cut anywhere, is taken as if it were one, by another buffer too") {
    const std::string bytes = whole('M', "<a@b.example>") + whole('R', "<c@d.example>");
    const auto cut = GENERATE_COPY(range(std::size_t{0}, bytes.size()));
    const Line line;
    line.send(bytes.substr(0, cut));
    const Read first{line};
    std::string got = first.packets();
    const std::string rest{first.buffer->rest()};
    line.send(bytes.substr(cut));
    const Read second{line, rest};
    got += second.packets();
    CHECK(got == "M(<a@b.example>)R(<c@d.example>)");
}

TEST_CASE("the largest packet is taken") {
    const std::string data(PacketBuffer::kMostData, 'b');
    const Line line;
    const int room = 1 << 20;
    ::setsockopt(line.mta.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    line.send(whole('B', data) + whole('Q', ""));
    std::string rest, got;
    for (int round = 0; round < 10 && !got.ends_with("Q()"); ++round) {
        const Read read{line, rest};
        got += read.packets();
        rest = read.buffer->rest();
    }
    CHECK(got == "B(" + data + ")Q()");
}

TEST_CASE("a peer that has more to say than the buffer holds goes on at its next turn") {
    const Line line;
    const int room = 1 << 20;
    ::setsockopt(line.mta.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    std::string many;
    while (many.size() < 3 * PacketBuffer::kMostData) many += whole('A', "");
    line.send(many);
    std::string rest, got;
    for (int turn = 1; turn <= 4; ++turn) {
        const Read read{line, rest};
        const std::string packets = read.packets();
        CHECK(packets.size() / 3 * 5 <= PacketBuffer::kMostData + 5);
        got += packets;
        rest = read.buffer->rest();
    }
    CHECK(got.size() / 3 * 5 == many.size());
}

TEST_CASE("a length that leaves no data, or is not positive, makes a command without data, as in libmilter") {
    const auto length = GENERATE(as<std::string>{}, "\0\0\0\0"s, "\0\0\0\1"s, "\x80\0\0\0"s, "\xff\xff\xff\xff"s);
    const Line line;
    line.send(length + "Q" + whole('C', "x"));
    CHECK(Read{line}.packets() == "Q()C(x)");
}

TEST_CASE("a connection ends with what libmilter would not take") {
    const auto [what, bytes] = GENERATE(table<const char*, std::string>({
        {"its end", ""},
        {"its end within a packet", whole('C', "x").substr(0, 4)},
        {"more than a packet may have", packet('B', std::string(PacketBuffer::kMostData + 1, 'x'))},
        {"2 GiB", "\x7f\xff\xff\xff" "B"},
        {"a macro without a value", whole('D', "Ri\0"s)},
        {"a macro whose value does not end", whole('D', "Ri\0x"s)},
        {"two macros, one without a value", whole('D', "Ri\0x\0j\0"s)},
    }));
    INFO(what);
    Line line;
    line.send(whole('C', "x") + bytes);
    line.mta = Descriptor{};
    const Read read{line};
    CHECK(read.packets() == "C(x)");
    const Read again{line, std::string{read.buffer->rest()}};
    CHECK(again.buffer->ready());
    CHECK(again.buffer->ended());
}

TEST_CASE("macros with values are taken, none as well") {
    const auto data = GENERATE(as<std::string>{}, "", "R", "Ri\0x\0"s, "Ri\0\0j\0y\0"s);
    const Line line;
    line.send(whole('D', data));
    CHECK(Read{line}.packets() == "D(" + data + ")");
}
