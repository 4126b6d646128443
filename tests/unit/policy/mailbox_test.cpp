#include "policy/mailbox.h"

#include <chrono>

#include "tests/support/catch.h"

using relay::parse_path;
using relay::Path;

namespace {

struct Example {
    const char* text;
    const char* local_part;
    const char* domain;
};

}  // namespace

TEST_CASE("a plain path is a local part and a lower-case domain, and does not route onward") {
    const Example examples[] = {
        {"<a@b.example>", "a", "b.example"},
        {"a@b.example", "a", "b.example"},
        {"  <a@b.example>\r\n", "a", "b.example"},
        {"< a@b.example >", "a", "b.example"},
        {"<A.B+c@B.Example>", "A.B+c", "b.example"},
        {"<a@b.example.>", "a", "b.example"},
        {"<a@b.example..>", "a", "b.example."},
        {"<postmaster>", "postmaster", ""},
        {"postmaster@", "postmaster", ""},
        {"<a@[192.0.2.1]>", "a", "[192.0.2.1]"},
        {"<a@[IPv6:2001:DB8::1]>", "a", "[ipv6:2001:db8::1]"},
        {"<\"a b\"@c.example>", "a b", "c.example"},
        {"<\"a\\\"b\"@c.example>", "a\"b", "c.example"},
        {"<\"a,(b)<c>;\"@d.example>", "a,(b)<c>;", "d.example"},
        {"<\"\"@c.example>", "", "c.example"},
        {"<\"a\".b@c.example>", "a.b", "c.example"},
        {"<a\\ b@c.example>", "a b", "c.example"},
        {"<j\xc3\xb6rg@b\xc3\xbc.example>", "j\xc3\xb6rg", "b\xc3\xbc.example"},
        {"<a@x_y-1.example>", "a", "x_y-1.example"},
    };
    for (const Example& example : examples) {
        INFO(example.text);
        const Path path = parse_path(example.text);
        CHECK(path.local_part == example.local_part);
        CHECK(path.domain == example.domain);
        CHECK_FALSE(path.routes_onward);
        CHECK_FALSE(path.null);
    }
}

TEST_CASE("only empty angle brackets are the null reverse-path") {
    CHECK(parse_path("<>").null);
    CHECK(parse_path(" < > ").null);
    CHECK_FALSE(parse_path("").null);
    CHECK_FALSE(parse_path("<").null);
    CHECK_FALSE(parse_path("<@>").null);
    CHECK_FALSE(parse_path("\"\"").null);
    CHECK(parse_path("<>") == Path{"", "", true, false});
}

TEST_CASE("the last @ outside quotes parts local part and domain") {
    CHECK(parse_path("<a@b@c.example>").local_part == "a@b");
    CHECK(parse_path("<a@b@c.example>").domain == "c.example");
    CHECK(parse_path("<\"a@b\"@c.example>").domain == "c.example");
    CHECK(parse_path("<a\\@b@c.example>").domain == "c.example");
    CHECK(parse_path("<\"a\\\"@b\"@c.example>").local_part == "a\"@b");
}

TEST_CASE("a path that its host could send on routes onward, quoted or not") {
    for (const char* text : {"<user%far.example@ours.example>", "<\"user%far.example\"@ours.example>", "<far.example!user@ours.example>",
                             "<\"far.example!user\"@ours.example>", "<user@far.example@ours.example>", "<\"user@far.example\"@ours.example>",
                             "<user\\@far.example@ours.example>", "<@ours.example:user@far.example>", "<@a.example,@b.example:c@d.example>",
                             "<\"ours.example:user\"@far.example>", "<far::user@ours.example>", "<user%far.example>", "<far!user>",
                             "<\"user\\%far\"@ours.example>", "<us%\"er\"@ours.example>", "@ours.example", "<@>"}) {
        INFO(text);
        CHECK(parse_path(text).routes_onward);
    }
}

TEST_CASE("a source route is left out of the mailbox") {
    const Path path = parse_path("<@x.example,@y.example:a@B.example>");
    CHECK(path.local_part == "a");
    CHECK(path.domain == "b.example");
}

TEST_CASE("a spelling that sendmail may read otherwise routes onward") {
    for (const char* text : {"<user@far.example>@ours.example", "<user@far.example> <x@ours.example>", "user@far.example,x@ours.example",
                             "user@far.example (x@ours.example", "list:user@far.example;", "<x(user@far.example)@ours.example>",
                             "<user@ours.example", "user@ours.example>", "<<user@ours.example>>", "<user@ours.example(comment)>",
                             "<user@\"ours.example\">", "<user@ours\\.example>", "<user @ours.example>", "<user@ ours.example>",
                             "<user@ours.example far>", "<user@far!ours.example>", "<user@far%ours.example>", "<user@[192.0.2.1>",
                             "<user@[192.0.2.1]x>", "<user@far/ours.example>", "<\"user@ours.example>", "Name <user@ours.example>",
                             "<us\ter@ours.example>", "<us\x7f" "er@ours.example>"}) {
        INFO(text);
        CHECK(parse_path(text).routes_onward);
    }
    CHECK(parse_path(std::string_view{"a\0b@ours.example", 16}).routes_onward);
}

TEST_CASE("an unfinished quoted pair or quote is not read past its end") {
    CHECK(parse_path("\\").local_part == "\\");
    CHECK(parse_path("\"\\").routes_onward);
    CHECK(parse_path("\"").routes_onward);
    CHECK(parse_path("a@\\").routes_onward);
}

TEST_CASE("a path of a million bytes is parsed at once") {
    for (const char* piece : {"@", "\"", "\\", "<", "a@", "\"@", ":", ","}) {
        std::string text;
        while (text.size() < 1'000'000) text += piece;
        const auto begin = std::chrono::steady_clock::now();
        parse_path(text);
        INFO(piece);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{2});
    }
}
