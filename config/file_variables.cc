#include "config/file_variables.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace anneal::config {

namespace fs = std::filesystem;

absl::optional<std::string> FileVariable(absl::string_view name,
                                         const std::string& path) {
  std::error_code error;
  const fs::path file = fs::absolute(path, error).lexically_normal();
  if (name == "fileDirname") return file.parent_path().string();
  if (name == "fileBasename") return file.filename().string();
  if (name == "fileBasenameNoExtension") return file.stem().string();
  if (name == "fileExtname") return file.extension().string();
  return absl::nullopt;
}

absl::StatusOr<EnvironmentValue> ReadEnvironment(
    absl::string_view name, absl::optional<absl::string_view> fallback,
    const Place& place, bool may_be_empty) {
  const char* set = std::getenv(std::string(name).c_str());
  EnvironmentValue value;
  value.is_default = set == nullptr;
  value.text = set ? set : std::string(fallback.value_or(""));
  const bool is_there = set != nullptr || fallback.has_value();
  if (is_there && (may_be_empty || !value.text.empty())) return value;
  const std::string form = may_be_empty
                               ? absl::StrCat("${", name, ":value}")
                               : absl::StrCat("{{ $", name, ":value }}");
  return ErrorAt(
      place, absl::StrCat("the environment variable ", name,
                          set ? " is empty; give it a value, or unset it for "
                                "the default of "
                              : " is not set; set it, or give a default: ",
                          form));
}

}  // namespace anneal::config
