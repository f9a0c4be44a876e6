#include "fileio/s3/s3_options.h"

#include <cstdlib>
#include <initializer_list>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "fileio/http/url.h"
#include "fileio/local/local_backend.h"
#include "fileio/s3/ini_file.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The first that is not empty.
std::string FirstOf(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return "";
}

// AWS's two files, and what the chosen profile has in them.
class Profile {
 public:
  static absl::StatusOr<Profile> Read(const std::string& name,
                                      const Environment& environment) {
    Profile profile;
    const std::string home = environment("HOME").value_or("");
    profile.credentials_path_ =
        environment("AWS_SHARED_CREDENTIALS_FILE")
            .value_or(absl::StrCat(home, "/.aws/credentials"));
    profile.config_path_ = environment("AWS_CONFIG_FILE")
                               .value_or(absl::StrCat(home, "/.aws/config"));
    ASSIGN_OR_RETURN(IniFile credentials, Load(profile.credentials_path_));
    ASSIGN_OR_RETURN(IniFile config, Load(profile.config_path_));
    profile.name_ =
        FirstOf({name, environment("AWS_PROFILE").value_or(""), "default"});
    const std::string section = profile.name_ == "default"
                                    ? "default"
                                    : absl::StrCat("profile ", profile.name_);
    const bool is_there = credentials.count(profile.name_) > 0 ||
                          config.count(section) > 0 ||
                          config.count("profile " + profile.name_) > 0;
    if (!is_there && profile.name_ != "default") {
      return absl::NotFoundError(
          absl::StrCat("there is no profile \"", profile.name_, "\" in ",
                       profile.credentials_path_, " or ", profile.config_path_,
                       "; choose another (profile, AWS_PROFILE) or add it"));
    }
    profile.sections_ = {credentials[profile.name_], config[section],
                         config["profile " + profile.name_]};
    return profile;
  }

  // "" for what it lacks.
  std::string Get(const std::string& name) const {
    for (const IniSection& section : sections_) {
      auto it = section.find(name);
      if (it != section.end()) return it->second;
    }
    return "";
  }

  // Credentials of one file are not mixed with those of the other.
  AwsCredentials credentials() const {
    for (const IniSection& section : sections_) {
      if (section.count("aws_access_key_id") == 0 &&
          section.count("aws_secret_access_key") == 0) {
        continue;
      }
      const auto get = [&section](const char* name) {
        auto it = section.find(name);
        return it == section.end() ? "" : it->second;
      };
      return {get("aws_access_key_id"), get("aws_secret_access_key"),
              get("aws_session_token")};
    }
    return {};
  }

  std::string Places() const {
    return absl::StrCat("profile \"", name_, "\" of ", credentials_path_,
                        " and ", config_path_);
  }

 private:
  // Empty for a file that is missing.
  static absl::StatusOr<IniFile> Load(const std::string& path) {
    absl::StatusOr<std::string> text = LocalBackend().Get(path);
    if (absl::IsNotFound(text.status())) return IniFile();
    RETURN_IF_ERROR(text.status());
    return ParseIni(*text, path);
  }

  std::string name_;
  std::string credentials_path_;
  std::string config_path_;
  std::vector<IniSection> sections_;
};

absl::StatusOr<AwsCredentials> FindCredentials(const S3Settings& settings,
                                               const Environment& environment,
                                               const Profile& profile) {
  const auto variable = [&environment](const std::string& name) {
    return environment(name).value_or("");
  };
  AwsCredentials found = {settings.access_key, settings.secret_key,
                          settings.session_token};
  std::string source = "access_key and secret_key";
  const auto is_empty = [&found] {
    return found.access_key_id.empty() && found.secret_access_key.empty();
  };
  if (is_empty() && settings.profile.empty()) {
    found = {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
             variable("AWS_SESSION_TOKEN")};
    source = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  }
  if (is_empty()) {
    found = profile.credentials();
    source = profile.Places();
  }
  if (is_empty()) {
    return absl::UnauthenticatedError(absl::StrCat(
        "no credentials for S3: neither access_key and secret_key, nor "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, nor "
        "in ",
        profile.Places(), "; give them, or anonymous: true"));
  }
  if (found.access_key_id.empty() || found.secret_access_key.empty()) {
    return absl::UnauthenticatedError(absl::StrCat(
        source, ": the ",
        found.access_key_id.empty() ? "access key's id" : "secret access key",
        " is missing"));
  }
  return found;
}

absl::Status SetEndpoint(const std::string& given, const std::string& style,
                         S3Options* options) {
  std::string endpoint = given;
  const bool is_aws = endpoint.empty();
  if (is_aws) {
    endpoint =
        absl::StrCat("https://s3.", options->region, ".amazonaws.com",
                     absl::StartsWith(options->region, "cn-") ? ".cn" : "");
  }
  absl::string_view trimmed = endpoint;
  while (absl::ConsumeSuffix(&trimmed, "/")) {
  }
  ASSIGN_OR_RETURN(const Url url, Url::Parse(trimmed));
  if (!url.user_info.empty() || !url.query.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("endpoint_url ", RedactUrl(endpoint),
                     ": an endpoint has no user and no query; credentials go "
                     "into access_key and secret_key"));
  }
  options->endpoint_url = std::string(trimmed);
  if (!style.empty() && style != "auto" && style != "path" &&
      style != "virtual") {
    return absl::InvalidArgumentError(absl::StrCat(
        "addressing_style \"", style, "\": it is auto, path or virtual"));
  }
  options->is_virtual_hosted =
      style == "virtual" || (style != "path" && is_aws);
  return absl::OkStatus();
}

}  // namespace

absl::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return absl::nullopt;
  return std::string(value);
}

absl::StatusOr<S3Options> ResolveS3Options(const S3Settings& settings,
                                           const Environment& environment) {
  const auto variable = [&environment](const std::string& name) {
    return environment(name).value_or("");
  };
  ASSIGN_OR_RETURN(const Profile profile,
                   Profile::Read(settings.profile, environment));
  S3Options options;
  if (!settings.anonymous) {
    ASSIGN_OR_RETURN(options.credentials,
                     FindCredentials(settings, environment, profile));
  }
  options.region = FirstOf({settings.region, variable("AWS_REGION"),
                            variable("AWS_DEFAULT_REGION"),
                            profile.Get("region"), options.region});
  const std::string endpoint =
      FirstOf({settings.endpoint_url, variable("AWS_ENDPOINT_URL_S3"),
               variable("AWS_ENDPOINT_URL"), profile.Get("endpoint_url")});
  RETURN_IF_ERROR(SetEndpoint(
      endpoint,
      FirstOf({settings.addressing_style, profile.Get("s3.addressing_style")}),
      &options));
  options.http.curl.ca_file =
      FirstOf({variable("AWS_CA_BUNDLE"), profile.Get("ca_bundle")});
  return options;
}

}  // namespace anneal
