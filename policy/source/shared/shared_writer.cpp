#include "policy/source/shared/shared_writer.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "policy/source/shared/shared_keys.h"
#include "policy/source/shared/shared_walk.h"

namespace relay {
namespace {

constexpr std::size_t kProgressEvery = 5000;

}  // namespace

SharedWriter::SharedWriter(std::shared_ptr<RedisClient> server, std::chrono::seconds window,
                           std::optional<std::chrono::milliseconds> deadline)
    : server_{server}, deadline_{deadline}, entries_{std::move(server), window, deadline} {}

void SharedWriter::change(const std::vector<Address>& clients, const SharedEntries::Decide& decide) {
    watch_->begin();
    const std::set<Address> each{clients.begin(), clients.end()};  // Who is named twice is changed once.
    const std::vector<Address> all{each.begin(), each.end()};
    for (std::size_t done = 0; done < all.size(); done += kProgressEvery) {
        watch_->progress(done);
        entries_.change(std::span{all}.subspan(done, std::min(kProgressEvery, all.size() - done)), decide);
    }
}

void SharedWriter::revise(const std::vector<Address>& clients, const Revision& revision) {
    change(clients, [&revision](const Address& client, const std::string& standing) -> std::optional<std::string> {
        const auto before = decode_login_record(standing, Layout::timestamp);
        if (const auto after = revision(client, before)) return encode_login_record(*after);
        return before ? std::optional{std::string{}} : std::nullopt;
    });
}

std::vector<Address> SharedWriter::remove(const std::vector<Address>& clients) {
    std::set<Address> there;
    change(clients, [&there](const Address& client, const std::string& standing) {
        standing.empty() ? static_cast<void>(there.erase(client)) : static_cast<void>(there.insert(client));
        return std::string{};
    });
    std::vector<Address> missing;
    std::ranges::copy_if(clients, std::back_inserter(missing), [&there](const Address& client) { return !there.contains(client); });
    return missing;
}

std::vector<LoginWriter::LoginRemoved> SharedWriter::remove_logins(const std::vector<std::string>& names) {
    std::vector<Address> naming;
    SharedWalk walk{server_, deadline_};
    const auto note = [&](std::string_view key, std::string_view data) {
        const auto client = client_of(key);
        const auto record = decode_login_record(data, Layout::timestamp);
        if (client && record && names_any(*record, names)) naming.push_back(*client);
    };
    while (walk.next(note)) {
    }
    std::map<Address, std::vector<LoginRemoved>> told;
    revise(naming, [&](const Address& client, const std::optional<LoginRecord>& standing) -> std::optional<LoginRecord> {
        told[client].clear();
        return standing ? without_logins(*standing, names, client, told[client]) : std::nullopt;
    });
    std::vector<LoginRemoved> removed;
    for (const auto& [client, of_client] : told) std::ranges::copy(of_client, std::back_inserter(removed));
    return removed;
}

LoginWriter::Expired SharedWriter::expire(std::chrono::sys_seconds oldest) {
    Expired result;
    std::vector<Address> old;
    SharedWalk walk{server_, deadline_};
    const auto note = [&](std::string_view key, std::string_view data) {
        const auto client = client_of(key);
        const auto record = decode_login_record(data, Layout::timestamp);
        if (!client || !record) ++result.unreadable;
        else if (record->at < oldest) old.push_back(*client);
    };
    while (walk.next(note)) {
    }
    std::set<Address> erased;
    revise(old, [&](const Address& client, const std::optional<LoginRecord>& standing) {
        const bool is_old = standing && standing->at < oldest;
        is_old ? static_cast<void>(erased.insert(client)) : static_cast<void>(erased.erase(client));
        return is_old ? std::nullopt : standing;
    });
    result.removed = erased.size();
    return result;
}

}  // namespace relay
