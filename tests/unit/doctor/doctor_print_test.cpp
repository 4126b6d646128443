#include <nlohmann/json.hpp>

#include "milter/doctor/doctor.h"
#include "tests/support/catch.h"

namespace relay::doctor {
namespace {

const std::vector<Examined> kAll{{"one", {ok("fine"), warning("odd", "it matters", "do this")}},
                                 {"empty", {}},
                                 {"two", {error("bad", "it breaks", "do that")}}};

TEST_CASE("the text says level, what was seen, why and what to type") {
    CHECK(text_of(kAll[0], false) ==
          "one\n  ok       fine\n  warning  odd\n           why:  it matters\n           type: do this\n");
    CHECK(text_of(kAll[1], false).empty());
    CHECK(summary_of(kAll) == "1 error, 1 warning\n");
    CHECK(summary_of({}) == "0 errors, 0 warnings\n");
}

TEST_CASE("only the word of the level is coloured") {
    CHECK(text_of({"one", {ok("fine")}}, true) == "one\n  \x1b[32mok     \x1b[0m  fine\n");
}

TEST_CASE("JSON has the same") {
    const auto json = nlohmann::json::parse(json_of(kAll));
    CHECK(json["errors"] == 1);
    CHECK(json["warnings"] == 1);
    CHECK(json["findings"][1]["group"] == "one");
    CHECK(json["findings"][1]["type"] == "do this");
    CHECK(json["findings"][2]["level"] == "error");
}

TEST_CASE("the worst finding decides") {
    CHECK(worst_of({}) == Level::ok);
    CHECK(worst_of({kAll[0]}) == Level::warning);
    CHECK(worst_of(kAll) == Level::error);
}

}  // namespace
}  // namespace relay::doctor
