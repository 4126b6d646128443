#include "policy/verdict.h"

#include <set>

#include "tests/support/catch.h"
#include "tests/unit/policy/all_of.h"

using namespace relay;

namespace {

template <class Enum>
void names_are_distinct_words(std::size_t count) {
    std::set<std::string_view> names;
    for (const Enum value : all_of<Enum>()) {
        const std::string_view name = name_of(value);
        INFO(name);
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_+-") == std::string_view::npos);
        CHECK(names.insert(name).second);
    }
    CHECK(names.size() == count);
}

template <class Enum, class Reverse>
void every_name_leads_back(Reverse reverse) {
    for (const Enum value : all_of<Enum>()) {
        INFO(name_of(value));
        CHECK(reverse(name_of(value)) == value);
        const std::string word{name_of(value)};
        CHECK_FALSE(reverse(word + " "));
        CHECK_FALSE(reverse(word.substr(1)));
    }
    CHECK_FALSE(reverse(""));
    CHECK_FALSE(reverse("Monitor"));
}

}  // namespace

TEST_CASE("every value has one name, and no two have the same") {
    names_are_distinct_words<Action>(3);
    names_are_distinct_words<Via>(7);
    names_are_distinct_words<Mode>(2);
    names_are_distinct_words<Reason>(31);
    names_are_distinct_words<Methods>(3);
    names_are_distinct_words<Destination>(3);
    names_are_distinct_words<RelayClient>(5);
}

TEST_CASE("every name leads back to its value, and no other word does") {
    every_name_leads_back<Mode>(mode_named);
    every_name_leads_back<Methods>(methods_named);
    every_name_leads_back<Destination>(destination_named);
    every_name_leads_back<RelayClient>(relay_client_named);
}

TEST_CASE("the names are those of the log line and of sendmail's macros") {
    CHECK(name_of(Methods::auth_and_pop) == "auth+pop");
    CHECK(name_of(Methods::auth_only) == "auth-only");
    CHECK(name_of(Methods::pop_only) == "pop-only");
    CHECK(name_of(Reason::fresh_login) == "fresh_login");
    CHECK(name_of(Via::pop) == "pop");
}

TEST_CASE("a verdict that nobody filled in defers") {
    CHECK(Verdict{}.action == Action::defer);
    CHECK(Verdict{}.via == Via::none);
}
