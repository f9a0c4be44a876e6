// Credentials files of any bytes; an error shows nothing of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "fileio/s3/ini_file.h"
#include "fileio/s3/petrel_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto file = anneal::ParseIni(text, "f");
  if (!file.ok() && file.status().message().size() > 100) std::abort();
  const auto cluster = anneal::PetrelCluster(text, "f", "");
  if (cluster.ok() && !absl::StrContains(cluster->endpoint_url, "://")) {
    std::abort();
  }
  return 0;
}
