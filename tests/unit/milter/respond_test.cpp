#include "milter/respond.h"

#include <libmilter/mfapi.h>

#include "tests/support/catch.h"

namespace {

using namespace relay;

struct Said {
    std::string code, enhanced_status, text;
};

SetReply into(Said& said, int result) {
    return [&said, result](const char* code, const char* enhanced_status, const char* text) {
        said = {code, enhanced_status, text};
        return result;
    };
}

}  // namespace

TEST_CASE("a permit is SMFIS_CONTINUE, never SMFIS_ACCEPT, and sets no text") {
    Said said;
    CHECK(respond({}, into(said, 0)) == SMFIS_CONTINUE);
    CHECK(said.code.empty());
}

TEST_CASE("the status follows the code") {
    Said said;
    CHECK(respond(Reply{451, "4.3.0", "Later."}, into(said, 0)) == SMFIS_TEMPFAIL);
    CHECK(said.code == "451");
    CHECK(said.enhanced_status == "4.3.0");
    CHECK(respond(Reply{550, "5.7.1", "No."}, into(said, 0)) == SMFIS_REJECT);
    CHECK(said.text == "No.");
}

TEST_CASE("the status follows the code also when the text cannot be set") {
    Said said;
    CHECK(respond(Reply{451, "4.3.0", "Later."}, into(said, -1)) == SMFIS_TEMPFAIL);
    CHECK(respond(Reply{550, "5.7.1", "No."}, into(said, -1)) == SMFIS_REJECT);
}

TEST_CASE("every % is doubled") {
    Said said;
    respond(Reply{550, "5.7.1", "100% of %s%%"}, into(said, 0));
    CHECK(said.text == "100%% of %%s%%%%");
}
