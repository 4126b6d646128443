// What a new connection says first: who it is, and which database it wants.
#pragma once

#include <string>

#include "policy/source/redis/connection.h"

namespace relay {

/// Of [redis]; the password is read anew for each connection, and is in no message.
struct Credentials {
    std::string user;           ///< Empty: the server's default user.
    std::string password_file;  ///< Its first line; empty: no password is sent.
};

/// Throws RedisFault.
void shake_hands(Connection& connection, const Credentials& credentials, unsigned database, const Deadline& deadline);

}  // namespace relay
