#include "fileio/s3/petrel_config.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "fileio/s3/ini_file.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// "" for what it lacks.
std::string Get(const IniSection& section, const std::string& name) {
  auto it = section.find(name);
  return it == section.end() ? "" : it->second;
}

std::string HostOf(const IniSection& section) {
  const std::string host = Get(section, "endpoint_url");
  return host.empty() ? Get(section, "host_base") : host;
}

}  // namespace

absl::StatusOr<S3Settings> PetrelCluster(absl::string_view text,
                                         const std::string& path,
                                         const std::string& cluster) {
  ASSIGN_OR_RETURN(const IniFile file, ParseIni(text, path));
  std::vector<std::string> clusters;
  for (const auto& [name, section] : file) {
    if (!HostOf(section).empty()) clusters.push_back(name);
  }
  std::string name = cluster;
  if (name.empty() && file.count("DEFAULT") > 0) {
    name = Get(file.at("DEFAULT"), "default_cluster");
  }
  if (name.empty() && clusters.size() == 1) name = clusters[0];
  const auto it = file.find(name);
  if (name.empty() || it == file.end()) {
    return absl::NotFoundError(absl::StrCat(
        path, ": ",
        name.empty() ? "the path names no cluster, and there is no "
                       "default_cluster in [DEFAULT]"
                     : absl::StrCat("there is no cluster [", name, "]"),
        "; the clusters are: ", absl::StrJoin(clusters, ", ")));
  }
  S3Settings settings;
  settings.endpoint_url = HostOf(it->second);
  if (settings.endpoint_url.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": cluster [", name, "] has no host_base"));
  }
  if (!absl::StrContains(settings.endpoint_url, "://")) {
    const bool is_https =
        absl::AsciiStrToLower(Get(it->second, "use_https")) == "true";
    settings.endpoint_url =
        absl::StrCat(is_https ? "https://" : "http://", settings.endpoint_url);
  }
  settings.access_key = Get(it->second, "access_key");
  settings.secret_key = Get(it->second, "secret_key");
  settings.anonymous =
      settings.access_key.empty() && settings.secret_key.empty();
  settings.addressing_style = "path";
  return settings;
}

}  // namespace anneal
