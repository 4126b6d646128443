#include "vsmtprelay/feed/format_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20;

class Reader {
public:
    explicit Reader(const std::string& file) : file_{file} {}

    LoginFormat read(const toml::table& table) {
        LoginFormat format;
        format.name = std::filesystem::path{file_}.stem();
        for (const auto& [key, node] : table) {
            if (key == "programs") format.programs = texts(node);
            else if (key == "units") format.units = texts(node);
            else if (key == "commands") format.commands = texts(node);
            else if (key == "services") format.services = texts(node);
            else if (key == "lookalikes") format.lookalikes = texts(node);
            else if (key == "session") format.session_is_process = is_process(node);
            else if (key == "message") read_messages(node, format);
            else refuse(node, fmt::format("{} is unknown", escaped(key.str())));
        }
        if (format.programs.empty()) refuse(table, "programs is missing");
        if (format.messages.empty()) refuse(table, "there is no [[message]]");
        check_lookalikes(format);
        return format;
    }

    [[noreturn]] void refuse(const toml::node& node, const std::string& text) const {
        throw BadFormat{fmt::format("{}:{}: {}", escaped(file_), node.source().begin.line, text)};
    }

private:
    std::string text(const toml::node& node) const {
        if (const auto* string = node.as_string()) return string->get();
        refuse(node, "has to be a string");
    }

    std::vector<std::string> texts(const toml::node& node) const {
        const auto* list = node.as_array();
        if (!list) refuse(node, "has to be a list of strings");
        std::vector<std::string> found;
        for (const toml::node& element : *list) found.push_back(text(element));
        return found;
    }

    bool is_process(const toml::node& node) const {
        if (text(node) != "process") refuse(node, "session can only be \"process\"");
        return true;
    }

    void read_messages(const toml::node& node, LoginFormat& format) const {
        const auto* list = node.as_array();
        if (!list) refuse(node, "message has to be [[message]]");
        for (const toml::node& element : *list) {
            const auto* table = element.as_table();
            if (!table) refuse(element, "message has to be [[message]]");
            format.messages.push_back(message(*table));
        }
    }

    MessageFormat message(const toml::table& table) const {
        for (const auto& [key, node] : table)
            if (key != "kind" && key != "pattern" && key != "samples")
                refuse(node, fmt::format("message.{} is unknown", escaped(key.str())));
        const toml::node* pattern = table.get("pattern");
        if (!table.get("kind") || !pattern) refuse(table, "a [[message]] needs kind and pattern");
        try {
            MessageFormat format{kind(*table.get("kind")), text(*pattern)};
            if (const toml::node* samples = table.get("samples")) read_samples(*samples, format);
            return format;
        } catch (const std::invalid_argument& wrong) {
            refuse(*pattern, escaped(wrong.what()));
        }
    }

    MessageKind kind(const toml::node& node) const {
        const std::string word = text(node);
        if (word == "login") return MessageKind::login;
        if (word == "connect") return MessageKind::connect;
        if (word == "end") return MessageKind::end;
        if (word == "other") return MessageKind::other;
        refuse(node, "kind is login, connect, end or other");
    }

    void read_samples(const toml::node& node, MessageFormat& format) const {
        const auto* list = node.as_array();
        if (!list) refuse(node, "samples has to be a list of lists");
        for (const toml::node& element : *list) {
            auto words = texts(element);
            if (words.empty() || words.size() > 3) refuse(element, "a sample is [message, client or session, login]");
            words.resize(3);
            format.samples.push_back({words[0], words[1], words[2]});
            check_sample(element, format);
        }
    }

    void check_sample(const toml::node& node, const MessageFormat& format) const {
        const Sample& sample = format.samples.back();
        const auto reading = format.read(sample.message);
        if (!reading) refuse(node, "the pattern does not fit this sample: " + escaped(sample.message));
        const std::string found = format.kind() == MessageKind::end ? reading->session
                                  : reading->client                 ? reading->client->text()
                                                                    : "";
        if (found != sample.expected || reading->login != sample.login)
            refuse(node, fmt::format("this sample is read as '{}' '{}': {}", escaped(found), escaped(reading->login),
                                     escaped(sample.message)));
    }

    void check_lookalikes(const LoginFormat& format) const {
        for (const std::string& line : format.lookalikes) {
            const auto reading = format.read(line);
            if (reading && (reading->kind == MessageKind::login || reading->kind == MessageKind::connect)
                && (reading->client || !format.session_is_process))
                throw BadFormat{
                    fmt::format("{}: this look-alike is read as a login: {}", escaped(file_), escaped(line))};
        }
        for (const MessageFormat& message : format.messages)
            for (const Sample& sample : message.samples) {
                const auto reading = format.read(sample.message);
                if (!reading || reading->kind != message.kind())
                    throw BadFormat{fmt::format("{}: another pattern fits this sample as well: {}", escaped(file_),
                                                escaped(sample.message))};
            }
    }

    const std::string& file_;
};

}  // namespace

LoginFormat parse_login_format(std::string_view toml, const std::string& file) {
    try {
        return Reader{file}.read(toml::parse(toml, file));
    } catch (const toml::parse_error& error) {
        throw BadFormat{
            fmt::format("{}:{}: {}", escaped(file), error.source().begin.line, escaped(error.description()))};
    }
}

std::vector<LoginFormat> read_login_formats(const std::vector<std::string>& directories) {
    std::map<std::string, std::string> files;
    for (const std::string& directory : directories) {
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator{directory, error})
            if (entry.path().extension() == ".toml") files[entry.path().filename()] = entry.path();
        if (error && error != std::errc::no_such_file_or_directory)
            throw system_fault(directory, "read the directory", error.value());
    }
    std::vector<LoginFormat> formats;
    for (const auto& [name, path] : files)
        if (const auto file = read_small_file(path, kLargest)) formats.push_back(parse_login_format(file->text, path));
    return formats;
}

}  // namespace relay
