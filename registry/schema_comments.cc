#include "registry/schema_comments.h"

#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace anneal {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::SourceCodeInfo;

using Comments = std::map<std::string, std::string, std::less<>>;

std::vector<absl::string_view>& DescriptorSets() {
  static auto* sets = new std::vector<absl::string_view>;
  return *sets;
}

// Lines of a paragraph are joined; one that is indented further, as in a
// table, keeps its break.
std::string Paragraphs(absl::string_view comment) {
  std::string text;
  bool breaks = false;
  for (absl::string_view line : absl::StrSplit(comment, '\n')) {
    const bool is_indented = absl::StartsWith(line, "  ");
    const absl::string_view words = absl::StripAsciiWhitespace(line);
    if (words.empty()) {
      breaks = true;
      continue;
    }
    if (!text.empty()) text += is_indented || breaks ? "\n" : " ";
    absl::StrAppend(&text, is_indented ? "  " : "", words);
    breaks = is_indented;
  }
  return text;
}

// The full name of what a location's path leads to: a message or a field of
// one, else "".
std::string NameAt(const FileDescriptorProto& file,
                   const SourceCodeInfo::Location& location) {
  const auto& path = location.path();
  if (path.size() < 2 || path.size() % 2 != 0 ||
      path[0] != FileDescriptorProto::kMessageTypeFieldNumber) {
    return "";
  }
  const DescriptorProto* message = &file.message_type(path[1]);
  std::string name = absl::StrCat(
      file.package(), file.package().empty() ? "" : ".", message->name());
  for (int i = 2; i < path.size(); i += 2) {
    if (path[i] == DescriptorProto::kNestedTypeFieldNumber) {
      message = &message->nested_type(path[i + 1]);
      absl::StrAppend(&name, ".", message->name());
    } else if (path[i] == DescriptorProto::kFieldFieldNumber &&
               i + 2 == path.size()) {
      absl::StrAppend(&name, ".", message->field(path[i + 1]).name());
    } else {
      return "";
    }
  }
  return name;
}

Comments ReadComments() {
  Comments comments;
  for (absl::string_view bytes : DescriptorSets()) {
    FileDescriptorSet set;
    if (!set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      continue;
    }
    for (const FileDescriptorProto& file : set.file()) {
      for (const auto& location : file.source_code_info().location()) {
        std::string text = Paragraphs(location.leading_comments());
        if (text.empty()) text = Paragraphs(location.trailing_comments());
        const std::string name = text.empty() ? "" : NameAt(file, location);
        if (!name.empty()) comments[name] = std::move(text);
      }
    }
  }
  return comments;
}

}  // namespace

bool AddSchemaComments(absl::string_view descriptor_set) {
  DescriptorSets().push_back(descriptor_set);
  return true;
}

std::string SchemaComment(absl::string_view full_name) {
  static const auto* comments = new Comments(ReadComments());
  const auto it = comments->find(full_name);
  return it == comments->end() ? "" : it->second;
}

}  // namespace anneal
