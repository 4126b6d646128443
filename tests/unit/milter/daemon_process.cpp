#include "tests/unit/milter/daemon_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "milter/log_queue.h"

namespace relay::test {
namespace {

bool within(std::chrono::milliseconds most, const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + most;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
}

}  // namespace

DaemonProcess::~DaemonProcess() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

void DaemonProcess::configure(const std::string& more) {
    directory.write("c.toml", "socket = \"" + address + "\"\nuser = \"nobody\"\ntrusted_networks = []\n" + more +
                                  "\n[pop]\ndatabase = \"" + database + "\"\n");
}

void DaemonProcess::spawn(const std::function<void()>& before_exec) {
    const auto config = directory.path("c.toml");
    const auto log_file = directory.path("log");
    pid_ = fork();
    if (pid_ != 0) return;
    const int log_fd = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log_fd, STDERR_FILENO);
    before_exec();
    execl(MILTER_RELAY_PROGRAM, "milter-relay", "run", "-c", config.c_str(), "--log", "stderr", nullptr);
    _exit(127);
}

void DaemonProcess::start(const std::string& more) {
    configure(more);
    spawn();
    if (!logs(" answers on ")) throw std::runtime_error{"milter-relay did not start: " + log()};
}

void DaemonProcess::signal(int number) const {
    kill(pid_, number);
}

std::optional<int> DaemonProcess::wait(std::chrono::milliseconds most) {
    int status = 0;
    if (!within(most, [&] { return waitpid(pid_, &status, WNOHANG) == pid_; })) return {};
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool DaemonProcess::logs(const std::string& text, std::chrono::milliseconds most) const {
    return within(most, [&] { return log().find(text) != std::string::npos; });
}

std::string DaemonProcess::log() const {
    std::this_thread::sleep_for(10 * LogQueue::kGather);  // A thread of its own writes it.
    std::ostringstream text;
    text << std::ifstream{directory.path("log")}.rdbuf();
    return text.str();
}

void make_database(const DaemonProcess& daemon, const std::string& client) {
    const std::string map = daemon.database.substr(0, daemon.database.size() - 3);
    const std::string command = "printf '%s 4102444800\\n' " + client + " | PATH=$PATH:/usr/sbin:/sbin makemap hash " + map;
    if (std::system(command.c_str()) != 0) throw std::runtime_error{"failed: " + command};
    std::filesystem::permissions(daemon.database, std::filesystem::perms{0644});
}

Macros wired(const std::string& destination, const std::string& client) {
    return {{"{relay_dest}", destination},    {"{relay_client}", client}, {"{client_addr}", "192.0.2.1"},
            {"{client_name}", "[192.0.2.1]"}, {"i", "6AM0gX2i016059"},    {"{daemon_name}", "MTA"},
            {"{rcpt_mailer}", "esmtp"}};
}

MilterClient in_message(const DaemonProcess& daemon, const Macros& macros, const std::string& from) {
    auto client = daemon.client();
    client.macros = macros;
    client.negotiate();
    client.connect("mail.c.example", "192.0.2.1");
    client.mail(from);
    return client;
}

char first_answer(const DaemonProcess& daemon) {
    return in_message(daemon, wired("ours", "unknown")).rcpt("<a@b.example>")->letter;
}

int refused(DaemonProcess& daemon) {
    daemon.spawn();
    return daemon.wait().value_or(-2);
}

}  // namespace relay::test
