// A sendmail.cf as sendmail 8.17 reads it: options, filters, listeners, maps, macros, classes and rulesets.
//
// Pure values: nothing is opened, no file that the text names is read. It reads the letters that it knows and leaves
// the others (M, H, P, T, E, Q, V ...) alone; it judges nothing. Names of options are compared as sendmail compares
// them, without regard to case, but not by abbreviation: m4 writes none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace relay {

/// `O Name=value`. An option with a `#` before it is a comment, and so not here.
struct CfOption {
    std::string name;
    std::string value;
    unsigned line = 0;  ///< Of its beginning, from 1; here and below.
};

/// `Xname, S=socket, F=flags, T=timeouts`: a filter that is described; whether it is asked, InputMailFilters says.
struct CfFilter {
    std::string name;
    std::string socket;
    std::string flags;     ///< "T", "4", "R" ...; empty: mail passes while the filter is away.
    std::string timeouts;  ///< "C:10s;S:10s;R:30s;E:1m"
    unsigned line = 0;

    /// While it is away sendmail defers: T (451) or 4 (421).
    [[nodiscard]] bool defers() const { return flags.find_first_of("T4") != std::string::npos; }
    /// While it is away sendmail refuses (554).
    [[nodiscard]] bool refuses() const { return flags.find('R') != std::string::npos; }
};

/// One `O DaemonPortOptions=`; what is not given is empty.
struct CfListener {
    std::string name, family, address, port, modifiers;
    std::optional<std::vector<std::string>> input_filters;  ///< Its own, in the place of InputMailFilters.
    std::string text;                                       ///< As it stands in the file.
    unsigned line = 0;
};

/// `Kname class arguments`
struct CfMap {
    std::string name, type, arguments;
    unsigned line = 0;
};

/// `Dxvalue` or `D{name}value`; the name is without its braces.
struct CfMacro {
    std::string name, value;
    unsigned line = 0;
};

/// `Cxwords` or `C{name}words`, or `Fx file`, whose `words` are then empty.
struct CfClass {
    std::string name;
    std::vector<std::string> words;
    std::string file;  ///< The F line's argument: "-o /etc/mail/local-host-names %[^#]".
    unsigned line = 0;
};

/// `Rleft<TAB>right<TAB>comment`
struct CfRule {
    std::string left, right;
    unsigned line = 0;
    /// The rulesets that `right` calls by `$>name` or `$>"name"`.
    [[nodiscard]] std::vector<std::string> calls() const;
};

/// `Sname`, or `Sname=number`; all rules under that name, also where it is opened again.
struct CfRuleset {
    std::string name;
    std::vector<CfRule> rules;
    unsigned line = 0;
};

struct SendmailCf {
    std::vector<CfOption> options;
    std::vector<CfFilter> filters;
    std::vector<CfMap> maps;
    std::vector<CfMacro> macros;
    std::vector<CfClass> classes;
    std::vector<CfRuleset> rulesets;
    std::vector<std::string> version_ids;  ///< "#####  text  #####" lines, which VERSIONID() leaves: the features used.

    /// The value in force, the last one given; nothing when it is not set.
    [[nodiscard]] std::optional<std::string> option(std::string_view name) const;
    /// The value in force of a macro; nothing when it is not set here.
    [[nodiscard]] std::optional<std::string> macro(std::string_view name) const;
    /// Null when there is none. The pointers live as long as this.
    [[nodiscard]] const CfFilter* filter(std::string_view name) const;
    [[nodiscard]] const CfMap* map(std::string_view name) const;
    [[nodiscard]] const CfRuleset* ruleset(std::string_view name) const;

    /// InputMailFilters, in order.
    [[nodiscard]] std::vector<std::string> input_filters() const;
    /// Every DaemonPortOptions, in order. Without any, sendmail listens on port 25 alone, under the name MTA.
    [[nodiscard]] std::vector<CfListener> listeners() const;
    /// The words of all C lines of a class, in order; what F lines name is not read.
    [[nodiscard]] std::vector<std::string> words_of(std::string_view class_name) const;
    /// `from`, and every ruleset that it calls, directly or through others; each once. Calls by a computed name
    /// (`$>$1`) are not seen.
    [[nodiscard]] std::vector<std::string> reachable_from(std::string_view from) const;
};

SendmailCf parse_sendmail_cf(std::string_view text);

}  // namespace relay
