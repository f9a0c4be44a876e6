#include "fileio/http/http_status.h"

#include "absl/strings/str_cat.h"

namespace anneal {
namespace {

struct Meaning {
  int status;
  absl::StatusCode code;
  absl::string_view name;
  absl::string_view remedy;
};

constexpr Meaning kMeanings[] = {
    {400, absl::StatusCode::kInvalidArgument, " Bad Request",
     "check the URL and its arguments"},
    {401, absl::StatusCode::kUnauthenticated, " Unauthorized",
     "give credentials, or check those given"},
    {403, absl::StatusCode::kPermissionDenied, " Forbidden",
     "check the credentials and what they allow"},
    {404, absl::StatusCode::kNotFound, " Not Found", "check the URL"},
    {405, absl::StatusCode::kUnimplemented, " Method Not Allowed",
     "the server can't do this"},
    {407, absl::StatusCode::kUnauthenticated, " Proxy Authentication Required",
     "put the proxy's credentials into http_proxy or https_proxy"},
    {408, absl::StatusCode::kUnavailable, " Request Timeout", "try later"},
    {410, absl::StatusCode::kNotFound, " Gone", "check the URL"},
    {412, absl::StatusCode::kFailedPrecondition, " Precondition Failed",
     "the file was changed meanwhile: try again"},
    {416, absl::StatusCode::kOutOfRange, " Range Not Satisfiable",
     "the file is shorter than that"},
    {429, absl::StatusCode::kResourceExhausted, " Too Many Requests",
     "ask less often, or later"},
    {500, absl::StatusCode::kUnavailable, " Internal Server Error",
     "try later"},
    {501, absl::StatusCode::kUnimplemented, " Not Implemented",
     "the server can't do this"},
    {502, absl::StatusCode::kUnavailable, " Bad Gateway", "try later"},
    {503, absl::StatusCode::kUnavailable, " Service Unavailable", "try later"},
    {504, absl::StatusCode::kUnavailable, " Gateway Timeout", "try later"},
};

Meaning MeaningOf(int status) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.status == status) return meaning;
  }
  if (status >= 500) {
    return {status, absl::StatusCode::kUnavailable, "", "try later"};
  }
  if (status / 100 == 3) {
    return {status, absl::StatusCode::kFailedPrecondition, "",
            "a redirect that is not followed: check the URL"};
  }
  return {status, absl::StatusCode::kInvalidArgument, "", "check the URL"};
}

}  // namespace

absl::Status HttpStatus(absl::string_view what, const HttpResponse& response) {
  if (response.status / 100 == 2) return absl::OkStatus();
  const Meaning meaning = MeaningOf(response.status);
  return absl::Status(meaning.code, absl::StrCat(what, ": the server answered ",
                                                 response.status, meaning.name,
                                                 "; ", meaning.remedy));
}

}  // namespace anneal
