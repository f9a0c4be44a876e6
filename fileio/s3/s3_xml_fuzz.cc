// S3's answers over any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "fileio/s3/s3_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view xml(reinterpret_cast<const char*>(data), size);
  const auto listing = anneal::ParseS3Listing(xml);
  if (listing.ok()) {
    for (const anneal::S3Object& object : listing->objects) {
      if (object.size < 0) std::abort();
    }
  }
  const auto error = anneal::ParseS3Error(xml);
  if (error && error->message.size() > 400) std::abort();
  anneal::ParseUploadId(xml).status().IgnoreError();
  anneal::ParseCopyPartETag(xml).status().IgnoreError();
  const auto errors = anneal::ParseDeleteErrors(xml);
  if (errors.ok() && errors->size() > size) std::abort();
  return 0;
}
