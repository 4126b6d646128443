// The milter protocol against the real callbacks, libmilter itself in between, by a harness that plays the MTA.
//
// An input is a list of packets: a letter, two bytes of length, the data. Two letters are no packets: 'n' negotiates as
// sendmail does, and '!' sends its data as it is, so that lengths can lie.
#include <libmilter/mfapi.h>

#include <string>
#include <thread>

#include "milter/callbacks.h"
#include "milter/log.h"
#include "milter/pool/libmilter_calls.h"
#include "tests/fuzz/limited.h"
#include "tests/fuzz/local_socket.h"
#include "tests/fuzz/scratch_file.h"

using namespace relay;

namespace {

struct Daemon {
    fuzz::ScratchFile scratch;
    std::string path = scratch.directory() + "/milter.sock";
    Server server;

    Daemon() {
        open_log(LogTarget::standard_error);
        Settings settings;
        settings.pop.database = scratch.directory() + "/relayers.db";
        settings.guard.on = true;
        settings.limits = {fuzz::limit_named_x()};
        server.counts = std::make_shared<LimitStore>();
        server.service.set(std::make_shared<const Service>(std::move(settings), server.counts));
        fuzz::expect(register_callbacks(server), "libmilter takes the filter");
        auto address = "local:" + path;
        smfi_settimeout(5);
        fuzz::expect(smfi_setconn(address.data()) == MI_SUCCESS && smfi_opensocket(true) == MI_SUCCESS,
                     "libmilter listens");
        std::thread{[] { serve_sessions(); }}.detach();
    }
};

std::string packet(char letter, std::string_view data) {
    const auto size = static_cast<std::uint32_t>(data.size() + 1);
    std::string all;
    for (int shift = 24; shift >= 0; shift -= 8) all.push_back(static_cast<char>(size >> shift & 0xff));
    all.push_back(letter);
    return all += data;
}

/// Version 6, all actions and steps that sendmail 8.17 offers.
std::string negotiation() {
    using namespace std::string_view_literals;
    return packet('O', "\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff"sv);
}

std::size_t size_of_first(std::string_view packets) {
    std::size_t size = 0;
    for (const char byte : packets.substr(0, 4)) size = size << 8 | static_cast<unsigned char>(byte);
    return size;
}

std::string wire_bytes(std::string_view input) {
    std::string all;
    while (input.size() >= 3) {
        const auto low = static_cast<unsigned char>(input[1]), high = static_cast<unsigned char>(input[2]);
        const auto data = input.substr(3, low | static_cast<std::size_t>(high) << 8);
        if (input[0] == 'n') all += negotiation();
        else if (input[0] == '!') all += data;
        else all += packet(input[0], data);
        input.remove_prefix(3 + data.size());
    }
    return all;
}

/// Negotiation, continue, tempfail, reject or a reply of ours: never accept or discard, which would end the judging.
void check_answers(std::string_view answers) {
    while (answers.size() >= 5) {
        const std::size_t size = size_of_first(answers);
        const char letter = answers[4];
        fuzz::expect(std::string_view{"Octry"}.find(letter) != std::string_view::npos, "no answer ends the judging");
        fuzz::expect(size >= 1 && size - 1 <= answers.size() - 5, "an answer is whole");
        const auto text = answers.substr(5, size - 1);
        if (letter == 'y') fuzz::expect(text.starts_with("4") || text.starts_with("5"), "a reply refuses or defers");
        answers.remove_prefix(4 + size);
    }
    fuzz::expect(answers.empty(), "nothing is behind the answers");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static Daemon& daemon = *new Daemon;  // libmilter's threads run until the end.
    check_answers(fuzz::answer_to(wire_bytes(fuzz::text_of(bytes, size)), daemon.path));
    return 0;
}
