#include "fileio/s3/s3_client.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/http/digest.h"
#include "fileio/http/download_stream.h"
#include "fileio/http/url.h"
#include "fileio/s3/parallel_download.h"
#include "fileio/s3/s3_status.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Whether the name can be a part of a host name, also for TLS's wildcards.
bool IsHostName(const std::string& bucket) {
  return !bucket.empty() && absl::ascii_isalnum(bucket[0]) &&
         std::all_of(bucket.begin(), bucket.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

// The MD5 that an ETag looks like, or "".
std::string Md5OfETag(absl::string_view etag) {
  absl::ConsumePrefix(&etag, "\"");
  absl::ConsumeSuffix(&etag, "\"");
  const bool is_hex =
      std::all_of(etag.begin(), etag.end(), absl::ascii_isxdigit);
  return etag.size() == 32 && is_hex ? absl::AsciiStrToLower(etag) : "";
}

// The MD5 of what was stored; "" where the object is encrypted or of parts.
std::string Md5OfStored(const HttpResponse& response) {
  const bool is_encrypted =
      absl::StrContains(response.header("x-amz-server-side-encryption"),
                        "kms") ||
      !response.header("x-amz-server-side-encryption-customer-algorithm")
           .empty();
  return is_encrypted ? "" : Md5OfETag(response.header("etag"));
}

// What a retry may help, when S3 says it in a response of 200.
bool IsTransientCode(const std::string& code) {
  return code == "InternalError" || code == "SlowDown" ||
         code == "ServiceUnavailable" || code == "RequestTimeout";
}

// A server names only what was asked for: else who trusts it removes or copies
// other objects.
absl::Status CheckListed(const std::string& key, const S3Path& prefix) {
  constexpr size_t kMaxKey = 1024;  // S3's own limit, bytes
  if (key.size() <= kMaxKey && absl::StartsWith(key, prefix.key)) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      prefix.ToString(), ": the server lists \"",
      absl::Utf8SafeCEscape(key.substr(0, 300)),
      key.size() > kMaxKey ? "...\", and no key is longer than 1024 bytes"
                           : "\", which does not begin so"));
}

// What S3 makes the ETag of an object of parts; "" where the parts' are no
// MD5s.
std::string ETagOfParts(const std::vector<std::string>& etags) {
  std::string digests;
  for (absl::string_view etag : etags) {
    const std::string md5 = Md5OfETag(etag);
    if (md5.empty()) return "";
    digests += absl::HexStringToBytes(md5);
  }
  return absl::StrCat(
      "\"", absl::BytesToHexString(DigestOf(DigestKind::kMd5, digests)), "-",
      etags.size(), "\"");
}

}  // namespace

S3Client::S3Client(const S3Options& options)
    : options_(options),
      http_(options.http),
      signer_(options.credentials ? absl::make_optional<SigV4>(
                                        *options.credentials, options.region)
                                  : absl::nullopt) {}

std::string S3Client::UrlOf(const S3Path& path,
                            const std::string& query) const {
  const std::string key = PercentEncode(path.key, /*keep_slashes=*/true);
  const std::string tail = absl::StrCat(query.empty() ? "" : "?", query);
  if (options_.is_virtual_hosted && IsHostName(path.bucket)) {
    const size_t host = options_.endpoint_url.find("://") + 3;
    return absl::StrCat(options_.endpoint_url.substr(0, host), path.bucket, ".",
                        options_.endpoint_url.substr(host), "/", key, tail);
  }
  return absl::StrCat(options_.endpoint_url, "/", PercentEncode(path.bucket),
                      "/", key, tail);
}

HttpRequest S3Client::Request(const std::string& method, const S3Path& path,
                              const std::string& query) const {
  HttpRequest request;
  request.method = method;
  request.url = UrlOf(path, query);
  if (signer_) {
    request.sign = [this](HttpRequest* signed_request) {
      signer_->Sign(options_.http.retry.now(), signed_request);
    };
  }
  return request;
}

absl::StatusOr<HttpResponse> S3Client::Send(const std::string& what,
                                            const HttpRequest& request) const {
  for (int attempt = 1;; ++attempt) {
    ASSIGN_OR_RETURN(HttpResponse response, http_.Send(request));
    RETURN_IF_ERROR(S3Status(what, response));
    // A copy or the completion of an upload takes long: S3 begins with 200 and
    // says later that it failed.
    const absl::optional<S3Error> error =
        absl::StrContains(response.body.substr(0, 200), "<Error")
            ? ParseS3Error(response.body)
            : absl::nullopt;
    if (!error) return response;
    HttpExchange failed;
    failed.response = response;
    failed.response.status = IsTransientCode(error->code) ? 503 : 400;
    if (!http_.WaitToRetry(attempt, failed, request)) {
      return S3Status(what, failed.response);
    }
  }
}

absl::StatusOr<std::string> S3Client::Get(const S3Path& path) const {
  HttpRequest request = Request("GET", path);
  request.headers["x-amz-checksum-mode"] = "ENABLED";
  ASSIGN_OR_RETURN(HttpResponse response,
                   DownloadInParallel(http_, request, options_.part_size,
                                      options_.num_threads));
  RETURN_IF_ERROR(S3Status(path.ToString(), response));
  return std::move(response.body);
}

absl::StatusOr<std::unique_ptr<InputStream>> S3Client::OpenInput(
    const S3Path& path) const {
  HttpRequest request = Request("GET", path);
  request.headers["x-amz-checksum-mode"] = "ENABLED";
  return OpenDownload(http_, request,
                      [name = path.ToString()](const HttpResponse& response) {
                        return S3Status(name, response);
                      });
}

absl::StatusOr<absl::optional<S3Object>> S3Client::Head(
    const S3Path& path) const {
  absl::StatusOr<HttpResponse> response =
      Send(path.ToString(), Request("HEAD", path));
  if (absl::IsNotFound(response.status())) return absl::nullopt;
  RETURN_IF_ERROR(response.status());
  S3Object object;
  object.key = path.key;
  object.etag = response->header("etag");
  // An answer without a length is a server's fault that harms nobody here.
  if (!absl::SimpleAtoi(response->header("content-length"), &object.size)) {
    object.size = 0;
  }
  return absl::make_optional(object);
}

absl::StatusOr<bool> S3Client::BucketExists(const std::string& bucket) const {
  S3Path path;
  path.bucket = bucket;
  const absl::Status status =
      Send(path.ToString(), Request("HEAD", path)).status();
  if (absl::IsNotFound(status)) return false;
  RETURN_IF_ERROR(status);
  return true;
}

absl::StatusOr<S3Listing> S3Client::List(const S3Path& prefix,
                                         const std::string& delimiter,
                                         const std::string& token,
                                         int max_keys) const {
  std::string query =
      absl::StrCat("list-type=2&encoding-type=url&max-keys=", max_keys);
  const auto add = [&query](absl::string_view name, const std::string& value) {
    if (value.empty()) return;
    absl::StrAppend(&query, "&", name, "=", PercentEncode(value));
  };
  add("prefix", prefix.key);
  add("delimiter", delimiter);
  add("continuation-token", token);
  S3Path bucket = prefix;
  bucket.key = "";
  ASSIGN_OR_RETURN(const HttpResponse response,
                   Send(prefix.ToString(), Request("GET", bucket, query)));
  absl::StatusOr<S3Listing> listing = ParseS3Listing(response.body);
  if (!listing.ok()) return Annotate(listing.status(), prefix.ToString());
  for (const S3Object& object : listing->objects) {
    RETURN_IF_ERROR(CheckListed(object.key, prefix));
  }
  for (const std::string& common : listing->common_prefixes) {
    RETURN_IF_ERROR(CheckListed(common, prefix));
  }
  return listing;
}

absl::Status S3Client::Put(absl::string_view bytes, const S3Path& path) const {
  HttpRequest request = Request("PUT", path);
  request.body = bytes;
  // Kept with the object, so that every later reader can check it.
  request.headers["x-amz-checksum-crc32"] =
      absl::Base64Escape(DigestOf(DigestKind::kCrc32, bytes));
  ASSIGN_OR_RETURN(const HttpResponse response, Send(path.ToString(), request));
  const std::string expected = Md5OfStored(response);
  if (expected.empty()) return absl::OkStatus();
  const std::string actual =
      absl::BytesToHexString(DigestOf(DigestKind::kMd5, bytes));
  if (actual == expected) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path.ToString(),
                   ": the server stored other bytes than were sent: its "
                   "ETag is ",
                   expected, ", not ", actual, "; put it again"));
}

absl::Status S3Client::Copy(const S3Path& from, const S3Path& to) const {
  HttpRequest request = Request("PUT", to);
  request.headers["x-amz-copy-source"] =
      absl::StrCat("/", PercentEncode(from.bucket), "/",
                   PercentEncode(from.key, /*keep_slashes=*/true));
  return Send(absl::StrCat(from.ToString(), " to ", to.ToString()), request)
      .status();
}

absl::Status S3Client::Delete(const S3Path& path) const {
  return Send(path.ToString(), Request("DELETE", path)).status();
}

absl::Status S3Client::DeleteSeveral(
    const std::string& bucket, const std::vector<std::string>& keys) const {
  S3Path path;
  path.bucket = bucket;
  const std::string xml = DeleteXml(keys);
  HttpRequest request = Request("POST", path, "delete=");
  request.body = xml;
  request.headers["content-md5"] =
      absl::Base64Escape(DigestOf(DigestKind::kMd5, xml));
  ASSIGN_OR_RETURN(const HttpResponse response, Send(path.ToString(), request));
  absl::StatusOr<std::vector<S3Error>> errors =
      ParseDeleteErrors(response.body);
  if (!errors.ok()) return Annotate(errors.status(), path.ToString());
  if (errors->empty()) return absl::OkStatus();
  const S3Error& first = errors->front();
  return absl::PermissionDeniedError(absl::StrCat(
      path.ToString(), absl::Utf8SafeCEscape(first.key.substr(0, 1024)), ": ",
      first.code, ": ", first.message, "; ", errors->size(), " of ",
      keys.size(), " files could not be removed"));
}

absl::StatusOr<std::string> S3Client::CreateUpload(const S3Path& path) const {
  ASSIGN_OR_RETURN(const HttpResponse response,
                   Send(path.ToString(), Request("POST", path, "uploads=")));
  absl::StatusOr<std::string> id = ParseUploadId(response.body);
  if (!id.ok()) return Annotate(id.status(), path.ToString());
  return id;
}

absl::StatusOr<std::string> S3Client::UploadPart(
    const S3Path& path, const std::string& upload_id, int number,
    absl::string_view bytes) const {
  HttpRequest request =
      Request("PUT", path,
              absl::StrCat("partNumber=", number,
                           "&uploadId=", PercentEncode(upload_id)));
  request.body = bytes;
  ASSIGN_OR_RETURN(const HttpResponse response, Send(path.ToString(), request));
  const std::string etag = response.header("etag");
  if (!etag.empty()) return etag;
  return absl::DataLossError(absl::StrCat(
      path.ToString(), ": the server gave part ", number, " no ETag"));
}

absl::StatusOr<std::string> S3Client::CopyPart(
    const S3Path& from, const std::string& etag, int64_t first, int64_t last,
    const S3Path& to, const std::string& upload_id, int number) const {
  HttpRequest request =
      Request("PUT", to,
              absl::StrCat("partNumber=", number,
                           "&uploadId=", PercentEncode(upload_id)));
  request.headers["x-amz-copy-source"] =
      absl::StrCat("/", PercentEncode(from.bucket), "/",
                   PercentEncode(from.key, /*keep_slashes=*/true));
  request.headers["x-amz-copy-source-range"] =
      absl::StrCat("bytes=", first, "-", last);
  if (!etag.empty()) request.headers["x-amz-copy-source-if-match"] = etag;
  ASSIGN_OR_RETURN(
      const HttpResponse response,
      Send(absl::StrCat(from.ToString(), " to ", to.ToString()), request));
  absl::StatusOr<std::string> copied = ParseCopyPartETag(response.body);
  if (!copied.ok()) return Annotate(copied.status(), from.ToString());
  return copied;
}

absl::Status S3Client::CompleteUpload(
    const S3Path& path, const std::string& upload_id,
    const std::vector<std::string>& etags) const {
  const std::string xml = CompleteUploadXml(etags);
  HttpRequest request = Request(
      "POST", path, absl::StrCat("uploadId=", PercentEncode(upload_id)));
  request.body = xml;
  const absl::Status status = Send(path.ToString(), request).status();
  // After a retry it may mean that an attempt whose answer was lost succeeded.
  if (!absl::IsNotFound(status) ||
      !absl::StrContains(status.message(), "NoSuchUpload")) {
    return status;
  }
  const std::string expected = ETagOfParts(etags);
  const auto stored = Head(path);
  const bool is_stored = !expected.empty() && stored.ok() &&
                         stored->has_value() && (*stored)->etag == expected;
  return is_stored ? absl::OkStatus() : status;
}

absl::Status S3Client::AbortUpload(const S3Path& path,
                                   const std::string& upload_id) const {
  return Send(path.ToString(),
              Request("DELETE", path,
                      absl::StrCat("uploadId=", PercentEncode(upload_id))))
      .status();
}

absl::StatusOr<std::string> S3Client::Presign(const std::string& method,
                                              const S3Path& path,
                                              absl::Duration expires_in) const {
  if (!signer_) {
    return absl::UnauthenticatedError(absl::StrCat(
        path.ToString(), ": there are no credentials to sign a URL with"));
  }
  return signer_->Presign(method, UrlOf(path), expires_in,
                          options_.http.retry.now());
}

}  // namespace anneal
