// Opens a socket to a server within a deadline.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "policy/source/files/descriptor.h"
#include "policy/source/redis/deadline.h"

namespace relay {

/// Of one server, as connect(2) takes it.
struct ServerAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

/// One after the other, each with its share of the deadline. Throws RedisFault with the words for the last one.
Descriptor connect_to(const std::vector<ServerAddress>& addresses, const Deadline& deadline);
/// `path` fits into a sockaddr_un.
Descriptor connect_to_local(const std::string& path, const Deadline& deadline);

}  // namespace relay
