#include "hub/model_urls.h"

#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "fileio/file_client.h"
#include "logging/log.h"
#include "utils/cache_folder.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal::hub {
namespace {

constexpr char kShipped[] =
#include "hub/model_urls.inc"
    ;

using Names = std::map<std::string, std::string, std::less<>>;
using Table = std::map<std::string, Names, std::less<>>;

// Adds the lines of `text` to `table`, in place of what is there.
absl::Status AddLines(absl::string_view text, absl::string_view path,
                      Table* table) {
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty() || words[0][0] == '#') continue;
    if (words.size() != 3) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": \"", line,
                       "\" is no line \"SCHEME NAME URL\""));
    }
    (*table)[words[0]][words[1]] = words[2];
  }
  return absl::OkStatus();
}

absl::StatusOr<Table> ReadTable() {
  Table table;
  RETURN_IF_ERROR(AddLines(kShipped, "hub/model_urls.txt", &table));
  const std::string path = absl::StrCat(AnnealHome(), "/model_urls.txt");
  const absl::StatusOr<std::string> text = fileio::GetText(path);
  if (text.ok()) {
    RETURN_IF_ERROR(AddLines(*text, path, &table));
  } else if (!absl::IsNotFound(text.status())) {
    return text.status();
  }
  return table;
}

std::mutex mutex;

// With `mutex` held.
absl::StatusOr<Table*> GetTable() {
  static auto* table = new absl::StatusOr<Table>(ReadTable());
  if (!table->ok()) return table->status();
  return &**table;
}

absl::string_view Current(absl::string_view scheme) {
  if (scheme == "modelzoo") return "torchvision";
  if (scheme == "open-mmlab") return "openmmlab";
  return scheme;
}

std::vector<std::string> Keys(const Names& names) {
  std::vector<std::string> keys;
  for (const auto& [name, url] : names) keys.push_back(name);
  return keys;
}

// With `mutex` held.
absl::StatusOr<const Names*> NamesOf(absl::string_view scheme) {
  ASSIGN_OR_RETURN(const Table* table, GetTable());
  const auto names = table->find(Current(scheme));
  if (names != table->end()) return &names->second;
  std::string known;
  for (const auto& [name, urls] : *table) absl::StrAppend(&known, " ", name);
  return absl::NotFoundError(absl::StrCat("no models are known for the scheme ",
                                          scheme, "://; there are", known));
}

}  // namespace

absl::StatusOr<bool> IsModelScheme(absl::string_view scheme) {
  const std::lock_guard<std::mutex> lock(mutex);
  ASSIGN_OR_RETURN(const Table* table, GetTable());
  return table->find(Current(scheme)) != table->end();
}

absl::StatusOr<std::string> FindModelUrl(absl::string_view scheme,
                                         absl::string_view name) {
  const std::lock_guard<std::mutex> lock(mutex);
  ASSIGN_OR_RETURN(const Names* names, NamesOf(scheme));
  if (scheme != Current(scheme)) {
    ANNEAL_LOG(WARNING) << "the URL scheme " << scheme
                        << ":// is deprecated; use " << Current(scheme)
                        << "://";
  }
  const auto found = names->find(name);
  if (found == names->end()) {
    return absl::NotFoundError(absl::StrCat(
        "none of the ", names->size(), " models of ", scheme,
        ":// is called \"", name, "\"", DidYouMean(name, Keys(*names)),
        "; add yours to ", AnnealHome(), "/model_urls.txt"));
  }
  // A name in place of a URL.
  const auto renamed = names->find(found->second);
  if (renamed == names->end()) return found->second;
  ANNEAL_LOG(WARNING) << scheme << "://" << name
                      << " is deprecated in favor of " << scheme << "://"
                      << renamed->first;
  return renamed->second;
}

absl::StatusOr<std::vector<std::string>> ModelNames(absl::string_view scheme) {
  const std::lock_guard<std::mutex> lock(mutex);
  ASSIGN_OR_RETURN(const Names* names, NamesOf(scheme));
  return Keys(*names);
}

absl::Status RegisterModelUrl(const std::string& scheme,
                              const std::string& name, const std::string& url) {
  const std::lock_guard<std::mutex> lock(mutex);
  ASSIGN_OR_RETURN(Table * table, GetTable());
  const auto [it, is_new] =
      (*table)[std::string(Current(scheme))].emplace(name, url);
  if (is_new) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(scheme, "://", name, " is ", it->second, " already"));
}

}  // namespace anneal::hub
