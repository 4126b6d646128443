#include "policy/mailbox.h"
#include "tests/property/generators.h"
#include "tests/property/property.h"

using namespace relay;
using property::holds;

namespace {

constexpr const char* kAtoms = "abcXYZ019.-_+=\x80\xff";
constexpr const char* kSyntax = "ab.@%!:<>\"\\,;()[] \t";

std::string quoted(const std::string& local_part) {
    std::string text = "\"";
    for (const char c : local_part) {
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

}  // namespace

TEST_CASE("arbitrary bytes become a path") {
    holds("parse_path never crashes, and makes no bytes up", [] {
        const std::string text = *rc::gen::oneOf(property::bytes(80), property::text_of(kSyntax, 40));
        const Path path = parse_path(text);
        RC_ASSERT(path.local_part.size() + path.domain.size() <= text.size());
        RC_ASSERT(!path.null || (path.local_part.empty() && path.domain.empty()));
    });
}

TEST_CASE("a plain mailbox comes back as it was sent") {
    holds("local part kept, domain in lower case, not routed", [] {
        const std::string local_part = 'x' + *property::text_of(kAtoms, 20);
        const Path path = parse_path('<' + local_part + "@Host.Example>");
        RC_ASSERT(path.local_part == local_part);
        RC_ASSERT(path.domain == "host.example");
        RC_ASSERT(!path.routes_onward && !path.null);
    });
}

TEST_CASE("a quoted local part comes back without its quotes") {
    holds("whatever printable bytes are in it", [] {
        const std::string local_part = *property::text_of("ab \"\\@%!:<>(),;\x80", 20);
        const Path path = parse_path('<' + quoted(local_part) + "@host.example>");
        RC_ASSERT(path.local_part == local_part);
        RC_ASSERT(path.domain == "host.example");
        RC_ASSERT(path.routes_onward == (local_part.find_first_of("%!@:") != std::string::npos));
    });
}

TEST_CASE("a local part with % ! @ or : in it routes onward, in any spelling") {
    holds("unquoted, quoted, with quoted pairs, with and without brackets and domain", [] {
        const char routing = *rc::gen::element('%', '!', '@', ':');
        const std::string before = *property::text_of(kAtoms, 10);
        const std::string after = *property::text_of(kAtoms, 10);
        const std::string pair = *rc::gen::element<std::string>("", "\\");
        const std::string plain = before + pair + routing + after;
        std::string local_part = *rc::gen::element(plain, '"' + plain + '"', before + '"' + pair + routing + '"' + after);
        const std::string domain = *rc::gen::element<std::string>("@ours.example", "@[192.0.2.1]", "@OURS.example.");
        const std::string text = local_part + domain;
        RC_ASSERT(parse_path(text).routes_onward);
        RC_ASSERT(parse_path('<' + text + '>').routes_onward);
    });
    holds("a source route before any path", [] {
        const std::string path = *property::text_of(kSyntax, 20);
        RC_ASSERT(parse_path("<@ours.example:" + path + '>').routes_onward);
        RC_ASSERT(parse_path("@a,@b:" + path).routes_onward);
    });
}

TEST_CASE("a domain that could be listed is one, or the path routes onward") {
    holds("no byte but those of host names and literals", [] {
        const Path path = parse_path(*rc::gen::oneOf(property::bytes(60), property::text_of(kSyntax, 30)));
        if (path.routes_onward) return;
        for (const char c : path.domain) RC_ASSERT(std::string_view{"@%!<>()\"\\,; \t"}.find(c) == std::string_view::npos);
    });
}
