// The MTA's side of the milter protocol: what sendmail does, one command at a time, for tests and load generators.
//
// Protocol, version 6 (libmilter/mfdef.h has the letters): a packet is a 32-bit length in network byte order, one
// command or answer letter, and its data; the length counts the letter. The MTA offers actions and steps ('O'), the
// filter answers with those that it wants and, behind them, a list of macros for each stage. A macro packet ('D')
// goes before the command that it belongs to. A step that the filter switched off is not sent; one whose reply it
// switched off is sent and not waited for.
//
// One thread at a time. Errors, and an answer that does not come within kPatience, throw std::runtime_error.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace relay::test {

/// What the MTA offers; the defaults are those of sendmail 8.17.
struct Offer {
    std::uint32_t version = 6;
    std::uint32_t actions = 0x1ff;
    std::uint32_t steps = 0x1fffff;
};

struct Negotiated {
    std::uint32_t version = 0;
    std::uint32_t actions = 0;
    std::uint32_t steps = 0;
    std::map<unsigned, std::set<std::string>> macros;  ///< By stage: 0 connect, 1 HELO, 2 MAIL, 3 RCPT ...
};

/// 'c' continue, 'y' reply code with text, 't' tempfail, 'r' reject, 'a' accept ...
struct Answer {
    char letter = 0;
    std::string text;  ///< "550 5.7.1 ..." where the letter is 'y'.
    bool operator==(const Answer&) const = default;
};

/// Values by name, as "i" and "{client_addr}".
using Macros = std::map<std::string, std::string>;

class MilterClient {
public:
    static constexpr std::chrono::seconds kPatience{20};

    /// "unix:PATH", "local:PATH", "inet:PORT@HOST", "inet6:PORT@HOST"; host is an address.
    explicit MilterClient(std::string_view address);
    MilterClient(MilterClient&& other) noexcept;
    MilterClient& operator=(MilterClient&&) = delete;
    ~MilterClient();

    const Negotiated& negotiate(const Offer& offer = {});

    /// What the MTA knows now. Of these a command sends those that the filter asked for at its stage, or, where the
    /// filter asked for none, all.
    Macros macros;

    /// Each returns the answer, or nothing where none is due: the step or its reply was negotiated away.
    std::optional<Answer> connect(std::string_view host, std::string_view client_address);
    /// sendmail -bs and unknown families: no address.
    std::optional<Answer> connect_without_address(std::string_view host);
    std::optional<Answer> helo(std::string_view name);
    std::optional<Answer> mail(std::string_view reverse_path);
    std::optional<Answer> rcpt(std::string_view forward_path);
    std::optional<Answer> end_of_message();
    /// RSET.
    void abort();
    /// The SMTP session ends.
    void quit();
    /// ... and another begins on the same connection.
    void quit_and_keep_connection();

    /// Raw, for what no MTA would do.
    void send(char letter, std::string_view data);
    void send_bytes(std::string_view bytes);
    static std::string packet(char letter, std::string_view data);
    Answer read_answer();
    /// True when the filter has closed the connection, within kPatience.
    bool is_closed();
    /// Sends no more, and reads every answer until the filter closes the connection. Throws where one is not whole.
    std::vector<Answer> last_answers();

private:
    std::optional<Answer> command(char letter, unsigned stage, std::string_view data, std::uint32_t left_out,
                                  std::uint32_t no_reply);
    void send_macros(char letter, unsigned stage);
    void read_exactly(char* to, std::size_t size);
    void wait_readable();

    int socket_ = -1;
    Negotiated negotiated_;
};

}  // namespace relay::test
