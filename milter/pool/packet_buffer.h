// The bytes of one connection as whole packets of the milter protocol: a length of 4 bytes, a command, its data.
//
// Never waits: what is not yet a packet stays in the buffer, and is handed on by save() and restore(), so that one buffer
// serves many connections. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace relay {

class PacketBuffer {
public:
    /// As in libmilter (MILTER_MAX_DATA_SIZE).
    static constexpr std::size_t kMostData = 65535;

    struct Packet {
        char command = 0;
        std::string_view data;  ///< Until the next call.
    };

    /// Begins with a connection: what save() kept of it.
    void restore(int socket, std::string_view rest);
    /// What is left when nothing is ready.
    [[nodiscard]] std::string_view rest() const { return {bytes_.data() + begin_, end_ - begin_}; }

    [[nodiscard]] int socket() const { return socket_; }
    /// No packet is taken any more.
    void end() { ended_ = true; }
    /// Takes what the socket has by now, at most as much as there is room for. True when there is a packet, or when none will come any more.
    bool ready();
    /// The connection has ended, or sends what libmilter would not take: too much in one packet, or macros of which one has
    /// no value, with which libmilter 8.17.1 reads past their end. Meaningful after ready() returned true.
    [[nodiscard]] bool ended() const { return ended_; }
    /// The packet that ready() found.
    Packet take();

private:
    static constexpr std::size_t kHead = 5;
    [[nodiscard]] std::size_t size() const { return end_ - begin_; }
    [[nodiscard]] std::size_t data_size() const;
    [[nodiscard]] bool whole() const { return size() >= kHead && size() - kHead >= data_size(); }
    [[nodiscard]] bool sound() const;
    void fill();

    std::array<char, kHead + kMostData> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    int socket_ = -1;
    bool drained_ = false;
    bool ended_ = true;
};

}  // namespace relay
