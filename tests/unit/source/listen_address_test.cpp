#include "policy/source/config/listen_address.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("an address and a port are taken apart, IPv6 in brackets alone") {
    const auto [text, host, port] = GENERATE(table<const char*, const char*, const char*>({
        {"127.0.0.1:9815", "127.0.0.1", "9815"},
        {"0.0.0.0:1", "0.0.0.0", "1"},
        {"[::1]:9815", "::1", "9815"},
        {"[::]:65535", "::", "65535"},
        {"[2001:DB8:0::1]:09815", "2001:db8::1", "9815"},
    }));
    CAPTURE(text);
    const auto parsed = parse_listen_address(text);
    REQUIRE(std::holds_alternative<ListenAddress>(parsed));
    CHECK(std::get<ListenAddress>(parsed) == ListenAddress{host, port});
}

TEST_CASE("what is no address and port is none") {
    for (const char* text : {"", ":", "9815", "127.0.0.1", "127.0.0.1:", ":9815", "::1:9815", "[::1]", "[::1]9815", "[127.0.0.1]:9815",
                             "[]:9815", "localhost:9815", "*:9815", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1: 1",
                             "127.0.0.1:99999999999999999999", "127.0.0.1:1x", "[::1%lo]:9815", "1.2.3:9"}) {
        CAPTURE(text);
        CHECK(std::holds_alternative<NoListenAddress>(parse_listen_address(text)));
    }
}
