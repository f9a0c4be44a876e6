#include "fileio/proto_file.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fileio/file_client.h"
#include "fileio/uri.h"
#include "utils/status_macros.h"

namespace anneal::fileio {
namespace {

bool IsText(const std::string& path) {
  for (const char* suffix : {".textproto", ".pbtxt", ".prototxt", ".txtpb"}) {
    if (absl::EndsWith(path, suffix)) return true;
  }
  return false;
}

// Keeps the first error.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (text_.empty()) {
      text_ = absl::StrCat(":", line + 1, ":", column + 1, ": ", message);
    }
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

absl::Status ParseText(const std::string& text, const std::string& path,
                       google::protobuf::Message* message) {
  google::protobuf::TextFormat::Parser parser;
  // Each level is one of the parser's own calls.
  parser.SetRecursionLimit(100);
  FirstError error;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(text, message)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(ShownPath(path), error.text(), "; expected a ",
                   message->GetDescriptor()->full_name()));
}

}  // namespace

absl::Status LoadProto(const std::string& path,
                       google::protobuf::Message* message,
                       const BackendArgs& args) {
  ASSIGN_OR_RETURN(const std::string bytes, Get(path, args));
  return ReadProto(bytes, path, message);
}

absl::Status ReadProto(const std::string& bytes, const std::string& path,
                       google::protobuf::Message* message) {
  if (IsText(path)) return ParseText(bytes, path, message);
  const std::string& type = message->GetDescriptor()->full_name();
  if (!message->ParsePartialFromString(bytes)) {
    return absl::DataLossError(absl::StrCat(ShownPath(path), ": no binary ",
                                            type,
                                            ", or it is cut off or damaged"));
  }
  if (message->IsInitialized()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      ShownPath(path), ": a ", type, " lacks ",
      message->InitializationErrorString(), "; is it another message?"));
}

absl::Status DumpProto(const google::protobuf::Message& message,
                       const std::string& path, const BackendArgs& args) {
  if (!message.IsInitialized()) {
    return absl::InvalidArgumentError(absl::StrCat(
        ShownPath(path), ": the ", message.GetDescriptor()->full_name(),
        " lacks ", message.InitializationErrorString()));
  }
  std::string bytes;
  const bool is_written =
      IsText(path)
          ? google::protobuf::TextFormat::PrintToString(message, &bytes)
          : message.SerializeToString(&bytes);
  if (is_written) return Put(bytes, path, args);
  return absl::InvalidArgumentError(absl::StrCat(
      ShownPath(path), ": a message beyond 2 GiB has no binary form"));
}

}  // namespace anneal::fileio
