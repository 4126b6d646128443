#include "milter/wiring/unified_diff.h"

#include "tests/support/catch.h"

namespace {

using relay::unified_diff;

TEST_CASE("an inserted line is shown with three lines around it") {
    CHECK(unified_diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nnew\n5\n6\n7\n8\n", "a", "b") ==
          "--- a\n+++ b\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+new\n 5\n 6\n 7\n");
}

TEST_CASE("at the edges there is less around it") {
    CHECK(unified_diff("1\n", "1\n2\n", "a", "b") == "--- a\n+++ b\n@@ -1,1 +1,2 @@\n 1\n+2\n");
    CHECK(unified_diff("1\n2\n", "2\n", "a", "b") == "--- a\n+++ b\n@@ -1,2 +1,1 @@\n-1\n 2\n");
}

TEST_CASE("repeated lines are not counted twice") {
    CHECK(unified_diff("x\nx\n", "x\nx\nx\n", "a", "b") == "--- a\n+++ b\n@@ -1,2 +1,3 @@\n x\n x\n+x\n");
}

TEST_CASE("equal texts have no difference, and a terminal is safe from what is in them") {
    CHECK(unified_diff("1\n", "1\n", "a", "b").empty());
    CHECK(unified_diff("", "\x1b[2J\ty\n", "a", "b") == "--- a\n+++ b\n@@ -1,0 +1,1 @@\n+\\x1b[2J\ty\n");
}

}  // namespace
