#include "config/package_config.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "config/node.h"
#include "config/reader.h"
#include "fileio/file_client.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kSeparator = "::";
constexpr char kVariable[] = "ANNEAL_PACKAGE_PATH";

// "mmdet" and "faster_rcnn/x.py".
using Parts = std::pair<std::string, std::string>;

absl::StatusOr<Parts> Split(absl::string_view name) {
  const std::vector<std::string> parts = absl::StrSplit(name, kSeparator);
  if (!IsPackageConfig(name) || parts.size() != 2 || parts[1].empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name,
                     "\" names no package's config; write PACKAGE::PATH, as in "
                     "mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py"));
  }
  return Parts(parts[0], parts[1]);
}

// The folder <package>/.mim.
absl::StatusOr<fs::path> FindMim(const std::string& package,
                                 const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    std::error_code error;
    const fs::path mim = fs::path(folder) / package / ".mim";
    if (fs::is_directory(mim, error)) return mim;
  }
  return absl::NotFoundError(absl::StrCat(
      "no package \"", package, "\" with configs (", package, "/.mim) is in ",
      folders.empty() ? "any folder" : absl::StrJoin(folders, " or "), "; set ",
      kVariable,
      " to the folder it is installed in, such as Python's site-packages"));
}

absl::StatusOr<Node> ReadIndex(const fs::path& path) {
  ASSIGN_OR_RETURN(const std::string text, fileio::Get(path.string()));
  return ReadYaml(text, path.string());
}

// The text of `key`, or "".
std::string TextOf(const Node& node, absl::string_view key) {
  const Node* value = node.Find(key);
  const auto* text = value ? value->get_if<std::string>() : nullptr;
  return text ? *text : "";
}

// The first model of the package's metafiles whose config is `path`, or none.
// A model's Config starts with a folder of the package: configs/a/b.py.
absl::StatusOr<Node> FindModel(const fs::path& mim, const std::string& path) {
  ASSIGN_OR_RETURN(const Node index, ReadIndex(mim / "model-index.yml"));
  const Node* imports = index.Find("Import");
  const auto* files = imports ? imports->get_if<Node::List>() : nullptr;
  if (files == nullptr) return Node();
  for (const Node& file : *files) {
    const auto* name = file.get_if<std::string>();
    if (name == nullptr) continue;
    ASSIGN_OR_RETURN(const Node meta, ReadIndex(mim / *name));
    const Node* models = meta.Find("Models");
    const auto* list = models ? models->get_if<Node::List>() : nullptr;
    if (list == nullptr) continue;
    for (const Node& model : *list) {
      const std::string config = TextOf(model, "Config");
      const size_t slash = config.find('/');
      if (slash != config.npos && config.substr(slash + 1) == path) {
        return model;
      }
    }
  }
  return Node();
}

}  // namespace

bool IsPackageConfig(absl::string_view name) {
  const size_t separator = name.find(kSeparator);
  return separator != name.npos && separator > 0 &&
         absl::c_all_of(name.substr(0, separator), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_';
         });
}

std::vector<std::string> PackageFolders() {
  const char* folders = std::getenv(kVariable);
  if (folders == nullptr) return {};
  return absl::StrSplit(folders, ':', absl::SkipEmpty());
}

absl::StatusOr<std::string> FindPackageConfig(
    absl::string_view name, const std::vector<std::string>& folders) {
  ASSIGN_OR_RETURN(const Parts parts, Split(name));
  ASSIGN_OR_RETURN(const fs::path mim, FindMim(parts.first, folders));
  const fs::path path = mim / "configs" / parts.second;
  std::error_code error;
  if (fs::is_regular_file(path, error)) return path.string();
  // Not below configs: the metafiles may know another folder.
  if (fs::is_regular_file(mim / "model-index.yml", error)) {
    ASSIGN_OR_RETURN(const Node model, FindModel(mim, parts.second));
    const fs::path listed = mim / TextOf(model, "Config");
    if (!model.is_none() && fs::is_regular_file(listed, error)) {
      return listed.string();
    }
  }
  const std::string hint =
      DidYouMean(path.filename().string(),
                 fileio::ListDirOrFile(path.parent_path().string())
                     .value_or(std::vector<std::string>()));
  return absl::NotFoundError(
      absl::StrCat(name, ": no such config: ", path.string(), hint));
}

absl::StatusOr<std::string> FindPackageWeights(
    absl::string_view name, const std::vector<std::string>& folders) {
  ASSIGN_OR_RETURN(const Parts parts, Split(name));
  ASSIGN_OR_RETURN(const fs::path mim, FindMim(parts.first, folders));
  ASSIGN_OR_RETURN(const Node model, FindModel(mim, parts.second));
  const std::string weights = TextOf(model, "Weights");
  if (!weights.empty()) return weights;
  return absl::NotFoundError(absl::StrCat(
      name, ": the metafiles that ", (mim / "model-index.yml").string(),
      " lists give no Weights for this config"));
}

}  // namespace anneal::config
