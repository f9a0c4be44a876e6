// "s3" and "petrel" as names and prefixes of S3's backends.
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fileio/backend_args.h"
#include "fileio/backend_registry.h"
#include "fileio/http/http_args.h"
#include "fileio/http/http_client.h"
#include "fileio/local/local_backend.h"
#include "fileio/s3/petrel_config.h"
#include "fileio/s3/s3_backend.h"
#include "fileio/s3/s3_options.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Arguments {
  S3Settings settings;
  std::string conf_path;
  std::map<std::string, std::string> path_mapping;
  // What is set on top of ResolveS3Options.
  int64_t part_size = 0;
  int num_threads = 0;
  HttpOptions http;
};

absl::StatusOr<Arguments> Read(const char* backend,
                               const fileio::BackendArgs& args) {
  fileio::BackendArgsReader reader(backend, args);
  const S3Options defaults;
  Arguments read;
  read.settings.endpoint_url = reader.String("endpoint_url", "");
  read.settings.region = reader.String("region", "");
  read.settings.profile = reader.String("profile", "");
  read.settings.access_key = reader.String("access_key", "");
  read.settings.secret_key = reader.String("secret_key", "");
  read.settings.session_token = reader.String("session_token", "");
  read.settings.addressing_style = reader.String("addressing_style", "");
  read.settings.anonymous = reader.Bool("anonymous", false);
  read.conf_path = reader.String("conf_path", "~/petreloss.conf");
  read.path_mapping = reader.StringMap("path_mapping");
  // What S3 takes.
  read.part_size = reader.Integer("part_size", defaults.part_size, 5 << 20,
                                  int64_t{5} << 30);
  read.num_threads = static_cast<int>(
      reader.Integer("num_threads", defaults.num_threads, 1, 1000));
  read.http = ReadHttpOptions(&reader);
  // mmengine's; there is no such cache here.
  reader.Bool("enable_mc", true);
  RETURN_IF_ERROR(reader.Finish());
  return read;
}

absl::StatusOr<S3Settings> ClusterSettings(const std::string& conf_path,
                                           const std::string& cluster) {
  std::string path = conf_path;
  if (absl::StartsWith(path, "~/")) {
    path =
        absl::StrCat(ProcessEnvironment("HOME").value_or(""), path.substr(1));
  }
  ASSIGN_OR_RETURN(const std::string text, LocalBackend().Get(path));
  return PetrelCluster(text, path, cluster);
}

absl::StatusOr<S3Options> ServerOf(const Arguments& args,
                                   const S3Settings& settings) {
  ASSIGN_OR_RETURN(S3Options options,
                   ResolveS3Options(settings, ProcessEnvironment));
  options.part_size = args.part_size;
  options.num_threads = args.num_threads;
  const std::string found_ca_file = options.http.curl.ca_file;
  options.http = args.http;
  if (args.http.curl.ca_file.empty()) {
    options.http.curl.ca_file = found_ca_file;
  }
  return options;
}

std::string MapPath(const std::map<std::string, std::string>& mapping,
                    const std::string& path) {
  std::string mapped = path;
  for (const auto& [name, value] : mapping) {
    const size_t at = mapped.find(name);
    if (at != mapped.npos) mapped.replace(at, name.size(), value);
  }
  return mapped;
}

// As many backslashes in a row as there are become one slash.
std::string WithSlashes(const std::string& path) {
  std::string slashed;
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '\\') {
      slashed.push_back(path[i]);
    } else if (i == 0 || path[i - 1] != '\\') {
      slashed.push_back('/');
    }
  }
  return slashed;
}

absl::StatusOr<std::unique_ptr<const FileBackend>> MakeS3(
    const fileio::BackendArgs& args) {
  ASSIGN_OR_RETURN(const Arguments read, Read("s3", args));
  return std::make_unique<S3Backend>(
      [read](const std::string& cluster) -> absl::StatusOr<S3Options> {
        if (cluster.empty()) return ServerOf(read, read.settings);
        ASSIGN_OR_RETURN(const S3Settings settings,
                         ClusterSettings(read.conf_path, cluster));
        return ServerOf(read, settings);
      },
      [read](const std::string& path) {
        return MapPath(read.path_mapping, path);
      });
}

absl::StatusOr<std::unique_ptr<const FileBackend>> MakePetrel(
    const fileio::BackendArgs& args) {
  ASSIGN_OR_RETURN(const Arguments read, Read("petrel", args));
  return std::make_unique<PetrelBackend>(
      [read](const std::string& cluster) -> absl::StatusOr<S3Options> {
        ASSIGN_OR_RETURN(const S3Settings settings,
                         ClusterSettings(read.conf_path, cluster));
        return ServerOf(read, settings);
      },
      [read](const std::string& path) {
        return WithSlashes(MapPath(read.path_mapping, path));
      });
}

const fileio::BackendRegistration kS3("s3", &MakeS3, {"s3"});
const fileio::BackendRegistration kS3Backend("S3Backend", &MakeS3);
const fileio::BackendRegistration kPetrel("petrel", &MakePetrel, {"petrel"});
const fileio::BackendRegistration kPetrelBackend("PetrelBackend", &MakePetrel);

}  // namespace
}  // namespace anneal
