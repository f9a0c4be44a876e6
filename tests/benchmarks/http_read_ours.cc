// Reads a file once: http_read.py's side of Anneal.
//
//   http_read_ours get PATH        into memory
//   http_read_ours read PATH       by pieces, kept nowhere
//   http_read_ours copy PATH FILE  to a file
//   http_read_ours put FILE PATH   the reverse
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "fileio/copy_stream.h"
#include "fileio/file_client.h"
#include "fileio/file_stream.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::Status Read(const std::string& path) {
  ASSIGN_OR_RETURN(const auto input, fileio::OpenInput(path));
  std::vector<char> buffer(1 << 20);
  while (true) {
    ASSIGN_OR_RETURN(const size_t got,
                     input->Read(buffer.data(), buffer.size()));
    if (got == 0) return absl::OkStatus();
  }
}

absl::Status Put(const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(const auto input, fileio::OpenInput(from));
  ASSIGN_OR_RETURN(const auto output, fileio::OpenOutput(to));
  return CopyStream(input.get(), output.get());
}

absl::Status Run(const std::string& operation, const std::string& path,
                 const std::string& target) {
  if (operation == "get") return fileio::Get(path).status();
  if (operation == "read") return Read(path);
  if (operation == "put") return Put(path, target);
  return fileio::CopyFileToLocal(path, target).status();
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const absl::Status status =
      anneal::Run(argv[1], argv[2], argc > 3 ? argv[3] : "");
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
