// fileio's operations by command line, for storage_servers.py.
//
//   storage get PATH FILE | put FILE PATH | read PATH FILE | write FILE PATH
//   storage list PATH | exists PATH | remove PATH | rmtree PATH
//   storage copy FROM TO | copytree FROM TO | presign PATH METHOD
//
// get and put hold the file in memory, read and write stream it. What an
// operation gives is printed; an error goes to stderr, and the status is 1.
#include <cstdio>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "fileio/copy_stream.h"
#include "fileio/file_client.h"
#include "fileio/file_stream.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::StatusOr<std::string> Copied(const std::string& from,
                                   const std::string& to) {
  ASSIGN_OR_RETURN(const std::string bytes, fileio::Get(from));
  RETURN_IF_ERROR(fileio::Put(bytes, to));
  return std::string();
}

absl::StatusOr<std::string> Streamed(const std::string& from,
                                     const std::string& to) {
  ASSIGN_OR_RETURN(const auto input, fileio::OpenInput(from));
  ASSIGN_OR_RETURN(const auto output, fileio::OpenOutput(to));
  RETURN_IF_ERROR(CopyStream(input.get(), output.get()));
  return std::string();
}

absl::StatusOr<std::string> Run(const std::string& operation,
                                const std::string& first,
                                const std::string& second) {
  if (operation == "get" || operation == "put") return Copied(first, second);
  if (operation == "read" || operation == "write") {
    return Streamed(first, second);
  }
  if (operation == "list") {
    ListOptions options;
    options.recursive = true;
    ASSIGN_OR_RETURN(const auto names, fileio::ListDirOrFile(first, options));
    return absl::StrJoin(names, "\n");
  }
  if (operation == "exists") {
    ASSIGN_OR_RETURN(const bool exists, fileio::Exists(first));
    return exists ? "true" : "false";
  }
  if (operation == "copy") return fileio::CopyFile(first, second);
  if (operation == "copytree") return fileio::CopyTree(first, second);
  if (operation == "presign") {
    return fileio::GeneratePresignedUrl(first, second, absl::Hours(1));
  }
  if (operation == "remove" || operation == "rmtree") {
    RETURN_IF_ERROR(operation == "remove" ? fileio::Remove(first)
                                          : fileio::RmTree(first));
    return std::string();
  }
  return absl::InvalidArgumentError("no operation " + operation);
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  const auto result =
      anneal::Run(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "",
                  argc > 3 ? argv[3] : "");
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
    return 1;
  }
  if (!result->empty()) std::printf("%s\n", result->c_str());
  return 0;
}
