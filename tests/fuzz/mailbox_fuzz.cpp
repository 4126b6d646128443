// The paths of MAIL and RCPT, and login names, as peers send them.
#include "policy/login_name.h"
#include "policy/mailbox.h"
#include "policy/reply.h"
#include "tests/fuzz/fuzz.h"

using namespace relay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = fuzz::text_of(bytes, size);
    const Path path = parse_path(text);
    fuzz::expect(!path.null || (path.local_part.empty() && path.domain.empty()), "the null path has no parts");
    fuzz::expect(std::none_of(path.domain.begin(), path.domain.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
                 "a domain is in lower case");
    fuzz::expect(path.routes_onward || path.domain.find('@') == std::string::npos, "an @ in the domain routes onward");
    fuzz::expect(path.local_part.size() + path.domain.size() <= text.size(), "nothing is made up");

    for (const auto& domain : login_domains(text)) fuzz::expect(!domain.empty(), "a login's domain has a name");
    fuzz::expect(!login_spellings(text).empty(), "a login has a spelling");
    fuzz::expect(login_key(text).size() <= text.size(), "a key is no longer than its login");
    fuzz::expect(text.starts_with(without_realm(text, path.domain)), "a realm is only taken off");

    Verdict verdict;
    verdict.action = Action::refuse;
    verdict.reason = Reason::sender_not_owned;
    verdict.row = 3;
    verdict.user = text;
    fuzz::expect(fuzz::is_printable_line(reply_for(verdict)->text), "a reply is printable");
    return 0;
}
