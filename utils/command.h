// Other programs.
#ifndef ANNEAL_UTILS_COMMAND_H_
#define ANNEAL_UTILS_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace anneal {

// The path of the program that `name` starts, from $PATH. NotFound, with what
// to do, where there is none.
absl::StatusOr<std::string> FindExecutable(const std::string& name);

// Runs a program (by FindExecutable, without a shell) to its end and returns
// what it wrote to standard output. NotFound for a missing program,
// FailedPrecondition where it ends with a status other than 0 or by a signal,
// with the command, the status and the end of what it said. Its standard input
// is empty.
absl::StatusOr<std::string> CallCommand(
    const std::vector<std::string>& command);

// The commit that the working folder's git repository stands at, its first
// `digits` characters where that is above 0; `fallback` where there is no git
// or no commit.
std::string GetGitHash(const std::string& fallback = "unknown", int digits = 0);

}  // namespace anneal

#endif  // ANNEAL_UTILS_COMMAND_H_
