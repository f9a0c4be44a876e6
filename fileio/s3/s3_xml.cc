#include "fileio/s3/s3_xml.h"

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "fileio/http/url.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// What a terminal would act on is left out.
std::string Printable(std::string text) {
  constexpr size_t kMost = 300;
  text.erase(
      std::remove_if(text.begin(), text.end(),
                     [](unsigned char c) { return c < ' ' || c == 127; }),
      text.end());
  if (text.size() > kMost) text = absl::StrCat(text.substr(0, kMost), "...");
  return text;
}

// pugixml expands no entity but XML's own five, so nothing can grow.
absl::Status Load(absl::string_view xml, const char* root,
                  pugi::xml_document* document) {
  const pugi::xml_parse_result result =
      document->load_buffer(xml.data(), xml.size());
  if (!result) {
    return absl::DataLossError(absl::StrCat(
        "the server's answer is no XML: ", result.description(), " at byte ",
        result.offset, " of ", xml.size(), "; is this S3's endpoint?"));
  }
  if (document->child(root)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "the server's answer is <", Printable(document->first_child().name()),
      ">, not <", root, ">; is this S3's endpoint?"));
}

absl::StatusOr<std::string> Required(const pugi::xml_node& node,
                                     const char* name) {
  const std::string text = node.child_value(name);
  if (!text.empty()) return text;
  return absl::DataLossError(
      absl::StrCat("the server's <", node.name(), "> has no <", name, ">"));
}

// Keys come percent-encoded where <EncodingType> says so; "+" is a blank then.
std::string Decoded(bool is_encoded, const std::string& text) {
  if (!is_encoded) return text;
  return PercentDecode(absl::StrReplaceAll(text, {{"+", " "}}));
}

S3Error ErrorOf(const pugi::xml_node& node) {
  S3Error error;
  error.code = Printable(node.child_value("Code"));
  error.message = Printable(node.child_value("Message"));
  error.key = node.child_value("Key");
  return error;
}

std::string Text(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "", pugi::format_raw);
  return out.str();
}

}  // namespace

absl::optional<S3Error> ParseS3Error(absl::string_view xml) {
  pugi::xml_document document;
  if (!Load(xml, "Error", &document).ok()) return absl::nullopt;
  return ErrorOf(document.child("Error"));
}

absl::StatusOr<S3Listing> ParseS3Listing(absl::string_view xml) {
  pugi::xml_document document;
  RETURN_IF_ERROR(Load(xml, "ListBucketResult", &document));
  const pugi::xml_node root = document.child("ListBucketResult");
  const bool is_encoded =
      absl::string_view(root.child_value("EncodingType")) == "url";
  S3Listing listing;
  for (const pugi::xml_node& node : root.children("Contents")) {
    S3Object object;
    ASSIGN_OR_RETURN(const std::string key, Required(node, "Key"));
    object.key = Decoded(is_encoded, key);
    ASSIGN_OR_RETURN(const std::string size, Required(node, "Size"));
    if (!absl::SimpleAtoi(size, &object.size) || object.size < 0) {
      return absl::DataLossError(
          absl::StrCat("the server says that an object's size is \"",
                       Printable(size), "\""));
    }
    object.etag = node.child_value("ETag");
    listing.objects.push_back(std::move(object));
  }
  for (const pugi::xml_node& node : root.children("CommonPrefixes")) {
    ASSIGN_OR_RETURN(const std::string prefix, Required(node, "Prefix"));
    listing.common_prefixes.push_back(Decoded(is_encoded, prefix));
  }
  if (absl::string_view(root.child_value("IsTruncated")) == "true") {
    ASSIGN_OR_RETURN(listing.next_token,
                     Required(root, "NextContinuationToken"));
  }
  return listing;
}

absl::StatusOr<std::string> ParseUploadId(absl::string_view xml) {
  pugi::xml_document document;
  RETURN_IF_ERROR(Load(xml, "InitiateMultipartUploadResult", &document));
  return Required(document.child("InitiateMultipartUploadResult"), "UploadId");
}

absl::StatusOr<std::string> ParseCopyPartETag(absl::string_view xml) {
  pugi::xml_document document;
  RETURN_IF_ERROR(Load(xml, "CopyPartResult", &document));
  return Required(document.child("CopyPartResult"), "ETag");
}

absl::StatusOr<std::vector<S3Error>> ParseDeleteErrors(absl::string_view xml) {
  pugi::xml_document document;
  RETURN_IF_ERROR(Load(xml, "DeleteResult", &document));
  std::vector<S3Error> errors;
  for (const pugi::xml_node& node :
       document.child("DeleteResult").children("Error")) {
    errors.push_back(ErrorOf(node));
  }
  return errors;
}

std::string CompleteUploadXml(const std::vector<std::string>& etags) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("CompleteMultipartUpload");
  int number = 0;
  for (const std::string& etag : etags) {
    pugi::xml_node part = root.append_child("Part");
    part.append_child("PartNumber").text().set(++number);
    part.append_child("ETag").text().set(etag.c_str());
  }
  return Text(document);
}

std::string DeleteXml(const std::vector<std::string>& keys) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("Delete");
  root.append_child("Quiet").text().set("true");
  for (const std::string& key : keys) {
    root.append_child("Object").append_child("Key").text().set(key.c_str());
  }
  return Text(document);
}

}  // namespace anneal
