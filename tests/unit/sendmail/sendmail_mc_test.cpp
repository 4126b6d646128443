#include "milter/sendmail/sendmail_mc.h"

#include "tests/support/catch.h"

namespace {

using relay::FeatureArguments;
using relay::McRefusal;

const std::string kBefore = "OSTYPE(`linux')dnl\nFEATURE(`access_db')dnl\n";
const std::string kAfter = "dnl # Mailers\nMAILER(`local')dnl\nMAILER(`smtp')dnl\n";
const std::string kLine = "FEATURE(`milter_relay')dnl\n";

TEST_CASE("the line is put above the first mailer and the dnl lines that explain it") {
    CHECK(relay::with_feature(kBefore + kAfter, {}) == kBefore + kLine + kAfter);
}

TEST_CASE("a dnl line that switches something off is not taken for an explanation") {
    const auto before = kBefore + "dnl FEATURE(`delay_checks')\n";
    CHECK(relay::with_feature(before + kAfter, {}) == before + kLine + kAfter);
}

TEST_CASE("what is followed by raw lines of sendmail.cf comes after the line") {
    for (const auto* word :
         {"LOCAL_CONFIG", "LOCAL_RULE_0", "LOCAL_RULESETS", "MAILER_DEFINITIONS", "LOCAL_SRV_FEATURES"}) {
        const auto rest = std::string{word} + "\nR$*\t$@ don't\n" + kAfter;
        CHECK(relay::with_feature(kBefore + rest, {}) == kBefore + kLine + rest);
    }
}

TEST_CASE("what was put in is taken out to the byte") {
    for (const auto& mc : {kBefore + kAfter, kBefore + "MAILER(`local')",
                           std::string{"divert(-1)\n# it's\ndivert(0)dnl\n"} + kBefore + "\n\n" + kAfter})
        for (const auto& arguments : {FeatureArguments{}, FeatureArguments{"inet:1@localhost", "pop-only"}}) {
            const auto wired = relay::with_feature(mc, arguments);
            CHECK(relay::feature_in(wired) == arguments);
            CHECK(relay::without_feature(wired) == mc);
            CHECK(relay::without_feature(mc) == mc);
        }
}

TEST_CASE("an argument is replaced where the line stands") {
    const auto mc = "FEATURE(`milter_relay')dnl mine\n" + kBefore + kAfter;
    CHECK(relay::with_feature(mc, {"", "pop-only"}) ==
          "FEATURE(`milter_relay', `', `pop-only')dnl\n" + kBefore + kAfter);
}

TEST_CASE("a call over two lines is taken out whole") {
    CHECK(relay::without_feature(kBefore + "FEATURE(`milter_relay', `',\n\t`pop-only')dnl\n" + kAfter) ==
          kBefore + kAfter);
}

TEST_CASE("arguments that m4 or sendmail would read in another way are refused") {
    for (const auto* text : {"local:/a'b", "local:/a`b", "a,b", "a b", "a)", "a(", "a\nb", "a#b", "a$b", "\xc3\xa9"}) {
        CHECK_THROWS_AS(relay::with_feature(kBefore + kAfter, {text, ""}), McRefusal);
        CHECK_THROWS_AS(relay::with_feature(kBefore + kAfter, {"", text}), McRefusal);
    }
}

TEST_CASE("the layout is known by its include line") {
    CHECK(relay::included_cf_m4("include(`/usr/share/sendmail/cf/m4/cf.m4')dnl\n") ==
          "/usr/share/sendmail/cf/m4/cf.m4");
    CHECK(relay::included_cf_m4("dnl include(`/usr/share/sendmail/cf/m4/cf.m4')dnl\n").empty());
}

TEST_CASE("a null client and a submission file are none of ours") {
    CHECK_THROWS_AS(relay::with_feature("FEATURE(`msp')dnl\n" + kBefore + kAfter, {}), McRefusal);
    CHECK_THROWS_AS(relay::with_feature("OSTYPE(`linux')\nFEATURE(`nullclient', `hub')\n", {}), McRefusal);
}

}  // namespace
