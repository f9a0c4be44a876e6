#include "hub/load_checkpoint.h"

#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "fileio/file_client.h"
#include "fileio/pth/pth.h"
#include "fileio/uri.h"
#include "hub/download.h"
#include "hub/model_urls.h"
#include "utils/annotate.h"
#include "utils/cache_folder.h"
#include "utils/path.h"
#include "utils/status_macros.h"

namespace anneal::hub {
namespace {

struct Readers {
  std::mutex mutex;
  std::map<std::string, CheckpointReader> by_prefix;

  static Readers& Get() {
    static Readers* readers = new Readers;
    return *readers;
  }
};

// The reader of the longest prefix of `uri`; null: none.
CheckpointReader ReaderOf(const std::string& uri) {
  const std::lock_guard<std::mutex> lock(Readers::Get().mutex);
  const auto& readers = Readers::Get().by_prefix;
  for (auto it = readers.rbegin(); it != readers.rend(); ++it) {
    // Prefixes of one text stand in order of their length.
    if (absl::StartsWith(uri, it->first)) return it->second;
  }
  return nullptr;
}

absl::StatusOr<std::string> Fetch(const std::string& url,
                                  const fileio::BackendArgs& args) {
  DownloadOptions options;
  options.backend_args = args;
  return Download(url, options);
}

// The local path of a model of the table.
absl::StatusOr<std::string> FetchModel(absl::string_view scheme,
                                       absl::string_view name,
                                       const fileio::BackendArgs& args) {
  ASSIGN_OR_RETURN(const std::string url, FindModelUrl(scheme, name));
  if (SchemeLength(url) > 0) return Fetch(url, args);
  return absl::StartsWith(url, "/") ? url
                                    : absl::StrCat(AnnealHome(), "/", url);
}

// What mmengine makes of a classifier's checkpoint.
absl::StatusOr<Value> OnlyBackbone(const Value& checkpoint,
                                   const std::string& uri) {
  ASSIGN_OR_RETURN(const Dict* weights, checkpoint.AsDict(uri));
  if (const Value* state_dict = weights->Find("state_dict")) {
    ASSIGN_OR_RETURN(weights, state_dict->AsDict(uri + ": state_dict"));
  }
  Dict backbone;
  for (const auto& [key, value] : *weights) {
    const std::string name = KeyString(key);
    if (!absl::StartsWith(name, "backbone.")) continue;
    backbone[absl::StripPrefix(name, "backbone.")] = value;
  }
  return Dict{{"state_dict", std::move(backbone)}};
}

}  // namespace

absl::StatusOr<Value> LoadCheckpoint(const std::string& uri,
                                     const fileio::BackendArgs& args) {
  if (const CheckpointReader reader = ReaderOf(uri)) return reader(uri);
  const size_t begin = SchemeLength(uri);
  if (begin == 0 && args.fields().empty()) return LoadPth(ExpandUser(uri));
  const std::string scheme(absl::StripSuffix(uri.substr(0, begin), "://"));
  ASSIGN_OR_RETURN(const bool is_model, IsModelScheme(scheme));
  if (is_model) {
    ASSIGN_OR_RETURN(const std::string path,
                     FetchModel(scheme, uri.substr(begin), args));
    ASSIGN_OR_RETURN(Value checkpoint, LoadPth(path));
    if (scheme == "mmcls") return OnlyBackbone(checkpoint, uri);
    return checkpoint;
  }
  if (scheme == "http" || scheme == "https") {
    ASSIGN_OR_RETURN(const std::string path, Fetch(uri, args));
    return LoadPth(path);
  }
  ASSIGN_OR_RETURN(const LocalPath path, fileio::GetLocalPath(uri, args));
  absl::StatusOr<Value> checkpoint = LoadPth(path.path());
  // A copy's path says nothing to anybody.
  if (!checkpoint.ok()) return Annotate(checkpoint.status(), ShownPath(uri));
  return checkpoint;
}

absl::Status RegisterCheckpointReader(const std::string& prefix,
                                      CheckpointReader reader) {
  const std::lock_guard<std::mutex> lock(Readers::Get().mutex);
  if (Readers::Get().by_prefix.emplace(prefix, std::move(reader)).second) {
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(
      absl::StrCat("checkpoints of ", prefix,
                   " have a reader already; take another prefix"));
}

}  // namespace anneal::hub
