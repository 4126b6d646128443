#include "vsmtprelay/arguments.h"
#include "paths.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <optional>

#include "policy/source/files/escaped.h"
#include "policy/source/files/similar_word.h"
#include "policy/source/redis/redis_url.h"
#include "version.h"
#include "vsmtprelay/database_choice.h"
#include "vsmtprelay/feed/never_recorded.h"

namespace relay {

const char kUsage[] =
    "usage: vsmtprelay [-f FILE] COMMAND\n"
    "  add IP [TICKS]           insert with the current (or given) timestamp\n"
    "  add -                    insert the IPs on standard input, one a line\n"
    "  delete IP [...]          remove\n"
    "  delete --login NAME [...]  remove the logins of these users\n"
    "  expire [N]               remove all old (or older than N minutes) entries\n"
    "  list [N]                 list all old (or older than N minutes) entries\n"
    "  list --logins [N]        list every login (or those older than N minutes)\n"
    "  dump                     list every entry, the future ones included\n"
    "                           list and dump: --json prints an object a line\n"
    "  follow [OPTION ...] [--journal | LOG ...]\n"
    "                           record the logins in logs of POP and IMAP servers\n"
    "  login -- PROGRAM [...]   record Dovecot's login, then run PROGRAM\n"
    "  import TEXT              merge a text as dump prints it, - is standard input\n"
    "  copy FROM TO             copy all entries between files and servers\n"
    "  queue [--send]           tell, or send, the logins that no server took\n"
    "  verify                   say whether the database and each entry are sound\n"
    "  repair                   save what can be read of a damaged file\n"
    "  --help | --version\n"
    "-c CONFIG: for [redis], [pop] database and never (" MILTER_RELAY_MAIL_DIR "/milter-relay.toml).\n"
    "Entries are old after 1440 minutes. TICKS are seconds since 1970-01-01 UTC.\n"
    "FILE is $RELAYERS_DB, else ~/etc/relayers.db where that exists, else\n"
    "[pop] database where that is a URL, else " MILTER_RELAY_MAIL_DIR "/relayers.db.\n"
    "A FILE may be on a server: redis://HOST[:PORT][/DB], rediss://HOST, unix:PATH.\n";

namespace {

constexpr std::array kCommands = {"add",    "delete", "expire", "list",   "dump",
                                  "follow", "login",  "import", "copy",   "queue", "verify", "repair"};

int answer(const std::string& text) {
    fmt::print("{}", text);
    return std::fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

}  // namespace

std::string unknown_option(const std::string& word, const std::vector<std::string_view>& known) {
    return "no option \"" + escaped(word) + '"' + did_you_mean(word.substr(0, word.find('=')), known);
}

std::string unexpected_word(const CLI::App& app, const CLI::ParseError& error) {
    const auto words = app.remaining();
    if (words.empty()) return escaped(error.what());
    std::vector<std::string> options;
    for (const auto* option : app.get_options())
        for (const auto& name : option->get_lnames()) options.push_back("--" + name);
    if (words.front().starts_with('-')) return unknown_option(words.front(), {options.begin(), options.end()});
    return "no command \"" + escaped(words.front()) + '"' + did_you_mean(words.front(), {kCommands.begin(), kCommands.end()});
}

int usage_error(const std::string& problem) {
    fmt::print(stderr, "vsmtprelay: {}\n{}", problem, kUsage);
    return EX_USAGE;
}

std::variant<Arguments, int> parse_arguments(int all, char** argv) {
    const auto argc = static_cast<int>(std::find(argv, argv + all, std::string_view{"--"}) - argv);  // the rest is no option
    CLI::App app;
    app.set_help_flag();
    Arguments arguments;
    std::optional<std::string> file;
    bool help = false;
    bool version = false;
    app.add_option("-f,--file", file)->take_last();
    app.add_option("-c,--config", arguments.config)->take_last();
    app.add_flag("-h,--help", help);
    app.add_flag("-V,--version", version);
    for (const char* name : kCommands) {
        CLI::App* command = app.add_subcommand(name);
        command->set_help_flag();
        command->prefix_command();  // Its words are ours to judge: "-5" is a bad number, not an unknown option.
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return usage_error(unexpected_word(app, error));
    }
    if (help) return answer(kUsage);
    if (version) return answer(fmt::format("vsmtprelay {}\n", kVersion));
    if (app.get_subcommands().size() != 1) return usage_error("say what to do");
    arguments.command = app.get_subcommands().front()->get_name();
    if (app.count("-c") == 0) arguments.config = kUsualConfig;
    if (file && file->empty()) return usage_error("the name of the file is empty");
    const bool names_its_own = arguments.command == "copy";
    if (file && names_its_own) return usage_error("copy: takes no -f");
    const bool of_the_system = arguments.command == "login" || arguments.command == "queue";
    if (file && arguments.command == "queue" && !is_redis_url(*file)) return usage_error("queue: -f has to name a server");
    if (!names_its_own) arguments.database = choose_database(file, arguments.config, of_the_system);
    if (const auto wrong = bad_database_name(arguments.database.name); !wrong.empty()) return usage_error(wrong);
    arguments.words = app.get_subcommands().front()->remaining();
    const int rest = argc + (arguments.words.empty() ? 1 : 0);
    if (rest < all) arguments.words.insert(arguments.words.end(), argv + rest, argv + all);
    return arguments;
}

}  // namespace relay
