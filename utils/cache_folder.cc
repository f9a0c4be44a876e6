#include "utils/cache_folder.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "utils/path.h"

namespace anneal {
namespace {

// $`variable`, else the user's cache folder's `name`.
std::string Home(const char* variable, const char* name) {
  const auto given = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const std::string home = given(variable);
  if (!home.empty()) return ExpandUser(home);
  const std::string cache = given("XDG_CACHE_HOME");
  return ExpandUser(
      absl::StrCat(cache.empty() ? "~/.cache" : cache, "/", name));
}

}  // namespace

std::string AnnealHome() { return Home("ANNEAL_HOME", "anneal"); }

std::string TorchHubFolder() {
  return absl::StrCat(Home("TORCH_HOME", "torch"), "/hub");
}

}  // namespace anneal
