// TLS over a connected socket, by OpenSSL: the certificate and the host's name in it have to be right.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <string>

#include "policy/settings.h"
#include "policy/source/redis/stream.h"

namespace relay {

/// What servers are judged by, and what we show them. Thread-safe.
class TlsClient {
public:
    explicit TlsClient(const RedisSettings& settings);

    /// Shakes hands. `host` is the name or the address that the certificate has to be for. Throws RedisFault.
    std::unique_ptr<Stream> open(Descriptor socket, const std::string& host, const Deadline& deadline);

private:
    /// The files are read at the first call that finds them in order.
    SSL_CTX* context();

    const std::string ca_file_;
    const std::string certificate_file_;
    const std::string key_file_;
    std::mutex mutex_;
    std::shared_ptr<SSL_CTX> context_;
};

}  // namespace relay
