#include "policy/source/logins/login_writer.h"

#include <algorithm>

namespace relay {

void LoginWriter::add(const std::vector<Address>& clients, const LoginRecord& record) {
    revise(clients, [&record](const Address&, const std::optional<LoginRecord>&) { return record; });
}

void LoginWriter::record(const std::vector<LoginEvent>& events) {
    std::map<Address, LoginRecord> records;
    for (const LoginEvent& event : events) {
        const LoginRecord login{Layout::timestamp, event.at, {{event.at, event.login}}};
        const auto [place, first] = records.try_emplace(event.client, login);
        if (!first) place->second = merged(place->second, login);
    }
    import(records);
}

void LoginWriter::import(const std::map<Address, LoginRecord>& records) {
    std::vector<Address> clients;
    for (const auto& [client, record] : records) clients.push_back(client);
    revise(clients, [&records](const Address& client, const std::optional<LoginRecord>& standing) {
        const LoginRecord& record = records.at(client);
        return standing ? merged(*standing, record) : record;
    });
}

bool names_any(const LoginRecord& record, const std::vector<std::string>& names) {
    return std::ranges::any_of(names, [&record](const std::string& name) { return names_login(record, name); });
}

std::optional<LoginRecord> without_logins(const LoginRecord& record, const std::vector<std::string>& names, const Address& client,
                                          std::vector<LoginWriter::LoginRemoved>& removed) {
    const std::size_t first = removed.size();
    std::optional<LoginRecord> rest = record;
    for (const std::string& name : names) {
        if (!rest || !names_login(*rest, name)) continue;
        removed.push_back({client, name, true});
        rest = without_login(*rest, name);
    }
    for (std::size_t i = first; i < removed.size(); ++i) removed[i].entry_stays = rest.has_value();
    return rest;
}

}  // namespace relay
