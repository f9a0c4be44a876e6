#include "fileio/copy_stream.h"

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/read_ahead.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// A smaller file is copied before a thread has started.
constexpr size_t kLarge = 1 << 20;

}  // namespace

absl::Status CopyStream(InputStream* input, OutputStream* output) {
  std::vector<char> buffer(1 << 18);
  for (size_t copied = 0; copied < kLarge;) {
    ASSIGN_OR_RETURN(const size_t got,
                     input->Read(buffer.data(), buffer.size()));
    if (got == 0) return output->Close();
    RETURN_IF_ERROR(output->Append(absl::string_view(buffer.data(), got)));
    copied += got;
  }
  ReadAhead rest(input);
  while (true) {
    ASSIGN_OR_RETURN(const absl::string_view bytes, rest.Next());
    if (bytes.empty()) return output->Close();
    RETURN_IF_ERROR(output->Append(bytes));
  }
}

}  // namespace anneal
