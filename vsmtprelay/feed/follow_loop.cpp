// The service around a Follower: waits for new lines, for a time to try again, and for the signal to end.
#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sysexits.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "policy/source/files/fault.h"
#include "vsmtprelay/feed/follower.h"
#include "vsmtprelay/feed/mail_log.h"

namespace relay {
namespace {

constexpr std::chrono::milliseconds kIdle{200};
constexpr std::chrono::milliseconds kFailed{250};

/// Wakes the loop when a directory of the files changes. Only that: what is new is found by looking at the files, which
/// is right on every file system, and done each 200 ms where nothing wakes us.
Descriptor watch(const std::vector<std::string>& files) {
    Descriptor watch{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    for (const std::string& file : files) {
        std::string directory = std::filesystem::path{file}.parent_path();
        if (directory.empty()) directory.push_back('.');
        if (watch) ::inotify_add_watch(watch.get(), directory.c_str(), IN_MODIFY | IN_CREATE | IN_MOVE);
    }
    return watch;
}

Descriptor end_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Descriptor made{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!made) throw system_fault("signals", "receive", errno);
    return made;
}

void drain(const Descriptor& descriptor) {
    char buffer[4096];
    while (descriptor && ::read(descriptor.get(), buffer, sizeof buffer) > 0) {}
}

std::chrono::sys_seconds wall_clock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// True when the signal to end has come.
bool wait(const Follower& follower, const Descriptor& signals, const Descriptor& watch,
          std::chrono::milliseconds longest) {
    std::vector<pollfd> waiting{{signals.get(), POLLIN, 0}};
    for (const int descriptor : follower.descriptors()) waiting.push_back({descriptor, POLLIN, 0});
    if (watch) waiting.push_back({watch.get(), POLLIN, 0});
    ::poll(waiting.data(), waiting.size(), static_cast<int>(longest.count()));
    drain(watch);
    return (waiting[0].revents & POLLIN) != 0;
}

}  // namespace

int follow(Follower& follower) {
    const Descriptor signals = end_signals();
    const Descriptor changes = watch(follower.options().files);
    bool end = false;
    while (!end) {
        switch (follower.step(wall_clock())) {
            case Follower::Step::busy: end = wait(follower, signals, changes, std::chrono::milliseconds{0}); break;
            case Follower::Step::idle:
                if (follower.ended()) end = true;
                else end = wait(follower, signals, changes, kIdle);
                break;
            case Follower::Step::failed: end = wait(follower, signals, Descriptor{}, kFailed); break;
        }
    }
    follower.save(wall_clock());
    return EX_OK;
}

}  // namespace relay
