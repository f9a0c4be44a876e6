// The command lines of the tools: mmengine's flags.
#ifndef ANNEAL_TOOLS_FLAGS_H_
#define ANNEAL_TOOLS_FLAGS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// What a flag takes.
enum class FlagKind {
  kSwitch,    // nothing
  kValue,     // one word
  kOptional,  // one word or none
  kList,      // all words up to the next flag
};

struct FlagSpec {
  std::string name;  // "--work-dir"
  FlagKind kind = FlagKind::kSwitch;
  std::string value_name;  // "DIR", for the help
  std::string help;
};

// A parsed command line.
struct Flags {
  std::vector<std::string> positional;
  // Flags that were given, with their words.
  std::map<std::string, std::vector<std::string>> given;

  bool Has(const std::string& name) const { return given.count(name) > 0; }
  // The flag's last word (a flag given again replaces the one before), or
  // `fallback`.
  std::string Get(const std::string& name,
                  const std::string& fallback = "") const;
};

// Describes and parses the command line of one tool. "--flag value" and
// "--flag=value" mean the same; words behind "--" are positional.
class FlagParser {
 public:
  // `usage`: "train CONFIG [flags]", whose words in capitals are the positional
  // ones; `about`: what the tool does.
  FlagParser(std::string usage, std::string about, std::vector<FlagSpec> specs);

  // InvalidArgument for an unknown flag, with the nearest one, a flag without
  // its word, and, unless --help is given, too few or too many positional
  // words.
  absl::StatusOr<Flags> Parse(const std::vector<std::string>& args) const;

  std::string Help() const;

 private:
  const FlagSpec* Find(absl::string_view name) const;
  absl::Status CheckPositional(const std::vector<std::string>& words) const;

  std::string usage_;
  std::string about_;
  std::vector<FlagSpec> specs_;
};

}  // namespace anneal

#endif  // ANNEAL_TOOLS_FLAGS_H_
