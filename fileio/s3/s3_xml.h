// The XML that S3 answers.
#ifndef ANNEAL_FILEIO_S3_S3_XML_H_
#define ANNEAL_FILEIO_S3_S3_XML_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace anneal {

// <Error>, of a failed request or of one object of several.
struct S3Error {
  std::string code;     // "NoSuchKey"
  std::string message;  // the server's text, without control characters
  std::string key;      // of one object of several
};

struct S3Object {
  std::string key;
  int64_t size = 0;
  // With its quotes; "": the server gave none.
  std::string etag;
};

// A page of ListObjectsV2.
struct S3Listing {
  std::vector<S3Object> objects;
  std::vector<std::string> common_prefixes;
  // For the next page; "": this is the last one.
  std::string next_token;
};

// nullopt where `xml` is no <Error>.
absl::optional<S3Error> ParseS3Error(absl::string_view xml);

// The others are DataLoss where `xml` is not what its name says: cut off, no
// XML, without a part that it must have.
absl::StatusOr<S3Listing> ParseS3Listing(absl::string_view xml);
// The UploadId of <InitiateMultipartUploadResult>.
absl::StatusOr<std::string> ParseUploadId(absl::string_view xml);
// The ETag of <CopyPartResult>.
absl::StatusOr<std::string> ParseCopyPartETag(absl::string_view xml);
// The objects of <DeleteResult> that were not deleted.
absl::StatusOr<std::vector<S3Error>> ParseDeleteErrors(absl::string_view xml);

// The bodies of requests. ETags are by the parts' order, from part 1 on.
std::string CompleteUploadXml(const std::vector<std::string>& etags);
std::string DeleteXml(const std::vector<std::string>& keys);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_XML_H_
