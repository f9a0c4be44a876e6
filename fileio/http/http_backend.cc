#include "fileio/http/http_backend.h"

#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "fileio/backend_args.h"
#include "fileio/backend_registry.h"
#include "fileio/copy_stream.h"
#include "fileio/http/byte_sink.h"
#include "fileio/http/download.h"
#include "fileio/http/download_stream.h"
#include "fileio/http/http_args.h"
#include "fileio/http/http_status.h"
#include "fileio/http/url.h"
#include "fileio/local/local_stream.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::StatusOr<std::unique_ptr<const FileBackend>> MakeHttp(
    const fileio::BackendArgs& args) {
  fileio::BackendArgsReader reader("http", args);
  HttpOptions options = ReadHttpOptions(&reader);
  HttpHeaders headers;
  for (const auto& [name, value] : reader.StringMap("headers")) {
    headers[absl::AsciiStrToLower(name)] = value;
  }
  options.max_redirects = static_cast<int>(
      reader.Integer("max_redirects", options.max_redirects, 0, 1000));
  RETURN_IF_ERROR(reader.Finish());
  return std::make_unique<HTTPBackend>(std::move(options), std::move(headers));
}

const fileio::BackendRegistration kRegistration("http", &MakeHttp,
                                                {"http", "https"});
const fileio::BackendRegistration kClassName("HTTPBackend", &MakeHttp);

// What follows the last slash of the URL's path.
std::string FileNameOf(const std::string& path) {
  const absl::StatusOr<Url> url = Url::Parse(path);
  if (!url.ok()) return "";
  return PercentDecode(url->path.substr(url->path.rfind('/') + 1));
}

}  // namespace

HTTPBackend::HTTPBackend(HttpOptions options, HttpHeaders headers)
    : client_(std::move(options)), headers_(std::move(headers)) {}

HttpRequest HTTPBackend::Request(const std::string& path) const {
  HttpRequest request;
  request.url = path;
  request.headers = headers_;
  return request;
}

absl::StatusOr<std::string> HTTPBackend::Get(const std::string& path) const {
  StringSink sink;
  ASSIGN_OR_RETURN(const HttpResponse response,
                   Download(client_, Request(path), {}, &sink));
  RETURN_IF_ERROR(HttpStatus(RedactUrl(path), response));
  return std::move(sink.bytes());
}

absl::StatusOr<std::string> HTTPBackend::GetText(
    const std::string& path) const {
  ASSIGN_OR_RETURN(std::string text, Get(path));
  if (IsUtf8(text)) return text;
  return absl::InvalidArgumentError(
      absl::StrCat(RedactUrl(path),
                   ": its bytes are no UTF-8 text; convert the file "
                   "(iconv -t UTF-8) or Get it as bytes"));
}

absl::StatusOr<std::unique_ptr<InputStream>> HTTPBackend::OpenInput(
    const std::string& path) const {
  return OpenDownload(client_, Request(path),
                      [shown = RedactUrl(path)](const HttpResponse& response) {
                        return HttpStatus(shown, response);
                      });
}

absl::StatusOr<bool> HTTPBackend::Exists(const std::string& path) const {
  HttpRequest request = Request(path);
  request.method = "HEAD";
  ASSIGN_OR_RETURN(HttpResponse response, client_.Send(request));
  if (response.status == 405 || response.status == 501) {
    StringSink byte;
    ByteRange range;
    range.last = 0;
    ASSIGN_OR_RETURN(response, Download(client_, Request(path), range, &byte));
    // An empty file has no first byte.
    if (response.status == 416) return true;
  }
  const absl::Status status = HttpStatus(RedactUrl(path), response);
  if (absl::IsNotFound(status)) return false;
  RETURN_IF_ERROR(status);
  return true;
}

absl::StatusOr<LocalPath> HTTPBackend::GetLocalPath(
    const std::string& path) const {
  ASSIGN_OR_RETURN(LocalPath local, LocalPath::MakeTemporary(FileNameOf(path)));
  RETURN_IF_ERROR(CopyFileToLocal(path, local.path()).status());
  return local;
}

absl::StatusOr<std::string> HTTPBackend::CopyFileToLocal(
    const std::string& from, const std::string& to) const {
  std::error_code ignored;
  std::string target = to;
  if (std::filesystem::is_directory(to, ignored)) {
    // A name with slashes in it (%2F) must not leave the folder.
    const std::string name = FileNameOf(from);
    const std::string last = name.substr(name.rfind('/') + 1);
    if (last.empty() || last == "." || last == "..") {
      return absl::InvalidArgumentError(absl::StrCat(
          RedactUrl(from), ": the URL names no file; give the file's name, ",
          "not the folder ", to));
    }
    target = (std::filesystem::path(to) / last).string();
  }
  ASSIGN_OR_RETURN(auto input, OpenInput(from));
  ASSIGN_OR_RETURN(auto output, OpenLocalOutput(target));
  RETURN_IF_ERROR(CopyStream(input.get(), output.get()));
  return target;
}

}  // namespace anneal
