#include "policy/source/redis/tls_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "policy/address.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

using Kind = RedisFault::Kind;

template <class Handle, void (*release)(Handle*)>
struct Release {
    void operator()(Handle* handle) const { release(handle); }
};
using Session = std::unique_ptr<SSL, Release<SSL, SSL_free>>;

/// OpenSSL's words for what it failed at last.
std::string openssl_text() {
    const unsigned long code = ERR_get_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason ? reason : "it failed";
}

// --- A BIO over a socket that is not ours to close. OpenSSL's own would raise SIGPIPE.

int socket_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

bool is_for_later() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int bio_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(socket_of(bio), bytes, size, MSG_NOSIGNAL);
    if (sent < 0 && is_for_later()) BIO_set_retry_write(bio);
    *written = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    return sent > 0;
}

int bio_read(BIO* bio, char* into, std::size_t size, std::size_t* read) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(socket_of(bio), into, size, 0);
    if (got < 0 && is_for_later()) BIO_set_retry_read(bio);
    *read = got > 0 ? static_cast<std::size_t>(got) : 0;
    return got > 0;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
        if (!made) throw std::bad_alloc{};
        BIO_meth_set_write_ex(made, bio_write);
        BIO_meth_set_read_ex(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    return method;
}

// --- A connection

class TlsStream : public Stream {
public:
    TlsStream(Descriptor socket, SSL_CTX* context)
        : Stream{std::move(socket)}, number_{Stream::socket()}, session_{SSL_new(context)} {
        BIO* bio = BIO_new(socket_method());
        if (!session_ || !bio) throw std::bad_alloc{};
        BIO_set_data(bio, &number_);
        BIO_set_init(bio, 1);
        SSL_set_bio(session_.get(), bio, bio);
    }

    void shake_hands(const std::string& host, const Deadline& deadline) {
        expect(host);
        for (;;) {
            const Progress step = progress(SSL_connect(session_.get()), 0);
            if (step.ended) throw RedisFault{Kind::unreachable, "TLS: the server closed the connection"};
            if (step.wait_for == 0) return;
            if (!wait_for(number_, step.wait_for, deadline)) throw deadline.missed("no TLS");
        }
    }

    Progress send(std::string_view bytes) override {
        std::size_t moved = 0;
        ERR_clear_error();  // Of others in this thread.
        const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &moved);
        return progress(result, moved);
    }

    Progress receive(std::span<char> into) override {
        std::size_t moved = 0;
        ERR_clear_error();
        const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &moved);
        return progress(result, moved);
    }

private:
    /// A certificate for a name has to have it; one for an address the address.
    void expect(const std::string& host) {
        SSL* const session = session_.get();
        const bool done = Address::parse(host)
                              ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1
                              : SSL_set1_host(session, host.c_str()) == 1 && SSL_set_tlsext_host_name(session, host.c_str()) == 1;
        if (!done) throw std::bad_alloc{};
    }

    Progress progress(int result, std::size_t moved) {
        if (result == 1) return {.bytes = moved};
        const int error = SSL_get_error(session_.get(), result);
        if (error == SSL_ERROR_WANT_READ) return {.wait_for = POLLIN};
        if (error == SSL_ERROR_WANT_WRITE) return {.wait_for = POLLOUT};
        const bool cut_off = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
        if (error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SYSCALL || cut_off) {
            ERR_clear_error();
            return {.ended = true};
        }
        const long judged = SSL_get_verify_result(session_.get());
        const std::string why = judged == X509_V_OK ? openssl_text() : X509_verify_cert_error_string(judged);
        ERR_clear_error();
        throw RedisFault{Kind::refused, (judged == X509_V_OK ? "TLS: " : "its certificate: ") + why};
    }

    int number_;
    Session session_;
};

std::shared_ptr<SSL_CTX> new_context() {
    std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    if (!context) throw std::bad_alloc{};
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return context;
}

void need(int done, const std::string& file) {
    if (done == 1) return;
    const std::string why = openssl_text();
    ERR_clear_error();
    throw RedisFault{Kind::refused, escaped(file) + ": " + why};
}

}  // namespace

TlsClient::TlsClient(const RedisSettings& settings)
    : ca_file_{settings.ca_file}, certificate_file_{settings.certificate_file}, key_file_{settings.key_file} {}

SSL_CTX* TlsClient::context() {
    const std::scoped_lock lock{mutex_};
    if (context_) return context_.get();
    ERR_clear_error();
    const auto made = new_context();
    if (ca_file_.empty()) need(SSL_CTX_set_default_verify_paths(made.get()), "the system's certificates");
    else need(SSL_CTX_load_verify_locations(made.get(), ca_file_.c_str(), nullptr), ca_file_);
    if (!certificate_file_.empty()) {
        need(SSL_CTX_use_certificate_chain_file(made.get(), certificate_file_.c_str()), certificate_file_);
        need(SSL_CTX_use_PrivateKey_file(made.get(), key_file_.c_str(), SSL_FILETYPE_PEM), key_file_);
    }
    context_ = made;
    return context_.get();
}

std::unique_ptr<Stream> TlsClient::open(Descriptor socket, const std::string& host, const Deadline& deadline) {
    auto stream = std::make_unique<TlsStream>(std::move(socket), context());
    ERR_clear_error();
    stream->shake_hands(host, deadline);
    return stream;
}

}  // namespace relay
