// print_config CONFIG [flags]: the resolved config.

#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/config_file.h"
#include "config/diff.h"
#include "config/dump.h"
#include "config/dump_python.h"
#include "tools/flags.h"
#include "tools/run_flags.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kAbout[] =
    "Prints CONFIG with its bases, references and overrides resolved, and\n"
    "checked against the schema.";

// Refuses what would have no effect.
absl::Status CheckEffects(const Flags& flags) {
  const auto refuse = [&](const std::string& flag, const std::string& with) {
    if (!flags.Has(flag) || !flags.Has(with)) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        flag, " has no effect with ", with, "; leave one of them out"));
  };
  for (const FlagSpec& spec : ConfigFlags()) {
    if (spec.name == "--cfg-options") continue;
    RETURN_IF_ERROR(refuse(spec.name, "--untyped"));
  }
  RETURN_IF_ERROR(refuse("--format", "--diff"));
  return refuse("--provenance", "--diff");
}

absl::StatusOr<std::string> Render(const std::string& path,
                                   const Flags& flags) {
  RETURN_IF_ERROR(CheckEffects(flags));
  const std::string format = flags.Get("--format", "yaml");
  if (format != "yaml" && format != "json" && format != "textproto" &&
      format != "py") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--format is ", format, "; it must be yaml, json, textproto or py"));
  }
  if (flags.Has("--provenance") && format != "yaml") {
    return absl::InvalidArgumentError(
        "--provenance writes comments, which only --format yaml has here");
  }
  if (flags.Has("--untyped") && format == "textproto") {
    return absl::InvalidArgumentError(
        "--format textproto needs the schema; leave --untyped out");
  }
  config::ResolvedConfig config;
  if (flags.Has("--untyped")) {
    ASSIGN_OR_RETURN(config.tree, LoadTreeWithFlags(path, flags));
  } else {
    ASSIGN_OR_RETURN(config, LoadConfigWithFlags(path, flags));
  }
  if (flags.Has("--diff")) {
    ASSIGN_OR_RETURN(const config::Node other,
                     config::LoadConfig(flags.Get("--diff")));
    config::DiffOptions options;
    options.a_name = path;
    options.b_name = flags.Get("--diff");
    // A dump in another syntax than .py has no tuples.
    options.tells_tuples = false;
    options.colored = isatty(STDOUT_FILENO) != 0;
    return config::Diff(config.tree, other, options);
  }
  if (format == "json") return config::DumpJson(config.tree);
  if (format == "py") return config::DumpPython(config.tree);
  if (format == "textproto") return config::DumpTextproto(config.message);
  return flags.Has("--provenance") ? config::DumpYamlWithProvenance(config.tree)
                                   : config::DumpYaml(config.tree);
}

int Main(int argc, char** argv) {
  std::vector<FlagSpec> specs = ConfigFlags();
  specs.push_back({"--format", FlagKind::kValue, "FORMAT",
                   "yaml (the default), json, textproto or py."});
  specs.push_back({"--diff", FlagKind::kValue, "OTHER",
                   "Show instead what the config OTHER has that differs from "
                   "CONFIG with its overrides."});
  specs.push_back({"--provenance", FlagKind::kSwitch, "",
                   "Show where each value comes from and what it replaced."});
  specs.push_back({"--untyped", FlagKind::kSwitch, "",
                   "Don't ask the schema: any file, any keys. Of the flags "
                   "that change the config only --cfg-options goes with it."});
  const FlagParser parser("print_config CONFIG [flags]", kAbout, specs);
  const absl::StatusOr<Flags> flags =
      parser.Parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!flags.ok()) return ExitCode(flags.status());
  if (flags->Has("--help")) {
    std::cout << parser.Help();
    return 0;
  }
  EnterUserFolder();
  const absl::StatusOr<std::string> text = Render(flags->positional[0], *flags);
  if (text.ok()) std::cout << *text;
  return ExitCode(text.status());
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
