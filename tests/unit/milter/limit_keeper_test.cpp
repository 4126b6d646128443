#include "milter/limit_keeper.h"

#include <filesystem>

#include "milter/log.h"
#include "policy/source/limits/limit_clock.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace {

using namespace relay;
using relay::test::TemporaryDirectory;

std::vector<LimitSettings> hourly() {
    LimitSettings limit;
    limit.name.assign("hourly");
    limit.max = limit.burst = 100;
    return {limit};
}

void charge(LimitStore& store, int times) {
    for (; times > 0; --times) {
        std::array<LimitTable::Demand, 1> demand;
        const auto table = store.table("hourly");
        demand[0].table = table.get();
        demand[0].key.assign("alice");
        demand[0].pace = hourly()[0].pace();
        LimitTable::charge(demand, limit_now());
    }
}

unsigned used(LimitStore& store) { return hourly()[0].pace().used(store.table("hourly")->value("alice"), limit_now()); }

}  // namespace

TEST_CASE("what was counted is in the file after stop, and comes back with the next keep") {
    const TemporaryDirectory directory;
    const auto path = directory.path("limits");
    {
        const auto store = std::make_shared<LimitStore>();
        LimitKeeper keeper;
        keeper.keep(store, path, hourly());
        charge(*store, 40);
        CHECK_FALSE(std::filesystem::exists(path));
        keeper.stop();
        CHECK(std::filesystem::exists(path));
        std::filesystem::remove(path);
        keeper.stop();  // Again, as the destructor does: nothing.
        CHECK_FALSE(std::filesystem::exists(path));
        save_limits(*store, path);
    }
    const auto again = std::make_shared<LimitStore>();
    LimitKeeper keeper;
    keeper.keep(again, path, hourly());
    CHECK(used(*again) == 40);
}

TEST_CASE("the end of a keeper saves, and one that kept nothing writes nothing") {
    const TemporaryDirectory directory;
    const auto path = directory.path("limits");
    {
        LimitKeeper keeper;
        keeper.keep(std::make_shared<LimitStore>(), path, hourly());
    }
    CHECK(std::filesystem::exists(path));
    LimitKeeper{}.stop();
}

TEST_CASE("a file that cannot be written or is damaged stops nobody") {
    const TemporaryDirectory directory;
    const auto store = std::make_shared<LimitStore>();
    {
        LimitKeeper keeper;
        keeper.keep(store, directory.path("no/limits"), hourly());
        charge(*store, 1);
        keeper.stop();
        CHECK(used(*store) == 1);
    }
    const auto path = directory.write("limits", std::string(100'000, '\xff'));
    LimitKeeper keeper;
    keeper.keep(store, path, hourly());
    CHECK(std::filesystem::exists(path + ".damaged"));
    keeper.stop();
    CHECK(load_limits(*store, path, hourly()).empty());
}

TEST_CASE("what was counted is saved again and again, without a stop") {
    const TemporaryDirectory directory;
    const auto path = directory.path("limits");
    const auto store = std::make_shared<LimitStore>();
    LimitKeeper keeper{std::chrono::milliseconds{20}};
    keeper.keep(store, path, hourly());
    for (const unsigned wanted : {10U, 20U}) {
        charge(*store, 10);
        unsigned saved = 0;
        for (int tries = 0; tries < 2000 && saved != wanted; ++tries) {
            std::this_thread::sleep_for(std::chrono::milliseconds{5});
            LimitStore store_of_file;
            REQUIRE(load_limits(store_of_file, path, hourly()).empty());
            saved = used(store_of_file);
        }
        CHECK(saved == wanted);
    }
    CHECK(LimitKeeper::kInterval == std::chrono::seconds{60});
}
