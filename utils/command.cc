#include "utils/command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "utils/status_macros.h"

extern char** environ;

namespace anneal {
namespace {

// Of a failed program's words.
constexpr size_t kMaxSaid = 500;

// Both ends of a pipe, closed with it.
struct Pipe {
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  }
  ~Pipe() {
    CloseEnd(0);
    CloseEnd(1);
  }
  void CloseEnd(int i) {
    if (ends[i] >= 0) close(ends[i]);
    ends[i] = -1;
  }

  int ends[2];
  std::string text;
};

// Until both are at their end: a program may fill either first.
void ReadAll(Pipe* out, Pipe* err) {
  while (out->ends[0] >= 0 || err->ends[0] >= 0) {
    struct pollfd files[] = {{out->ends[0], POLLIN, 0},
                             {err->ends[0], POLLIN, 0}};
    if (poll(files, 2, -1) < 0 && errno != EINTR) return;
    for (int i = 0; i < 2; ++i) {
      if (files[i].revents == 0) continue;
      Pipe* pipe = i == 0 ? out : err;
      char buffer[4096];
      const ssize_t size = read(files[i].fd, buffer, sizeof(buffer));
      if (size > 0) {
        pipe->text.append(buffer, size);
      } else if (size == 0 || errno != EINTR) {
        pipe->CloseEnd(0);
      }
    }
  }
}

std::string HowItEnded(int status) {
  return WIFSIGNALED(status)
             ? absl::StrCat("was ended by signal ", WTERMSIG(status))
             : absl::StrCat("ended with status ", WEXITSTATUS(status));
}

}  // namespace

absl::StatusOr<std::string> FindExecutable(const std::string& name) {
  const char* given = std::getenv("PATH");
  std::vector<std::string> folders =
      absl::StrSplit(given == nullptr ? "/usr/bin:/bin" : given, ':');
  if (name.find('/') != name.npos) folders = {""};
  for (const std::string& folder : folders) {
    const std::string path =
        folder.empty() ? name : absl::StrCat(folder, "/", name);
    if (!name.empty() && access(path.c_str(), X_OK) == 0) return path;
  }
  return absl::NotFoundError(
      absl::StrCat("there is no program \"", name,
                   "\" on the PATH; install it or correct the PATH"));
}

absl::StatusOr<std::string> CallCommand(
    const std::vector<std::string>& command) {
  if (command.empty()) {
    return absl::InvalidArgumentError("the command is empty; name a program");
  }
  ASSIGN_OR_RETURN(const std::string path, FindExecutable(command[0]));
  const std::string shown = absl::StrJoin(command, " ");
  Pipe out;
  Pipe err;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err.ends[1], 2);
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  pid_t process;
  const int error = posix_spawn(&process, path.c_str(), &actions, nullptr,
                                arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("can't start `", shown, "`: ", std::strerror(error)));
  }
  out.CloseEnd(1);
  err.CloseEnd(1);
  ReadAll(&out, &err);
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (status == 0) return std::move(out.text);
  std::string said(
      absl::StripAsciiWhitespace(err.text.empty() ? out.text : err.text));
  if (said.size() > kMaxSaid) said.erase(0, said.size() - kMaxSaid);
  return absl::FailedPreconditionError(absl::StrCat(
      "`", shown, "` ", HowItEnded(status), said.empty() ? "" : ": ", said));
}

std::string GetGitHash(const std::string& fallback, int digits) {
  const absl::StatusOr<std::string> output =
      CallCommand({"git", "rev-parse", "HEAD"});
  if (!output.ok()) return fallback;
  const std::string hash(absl::StripAsciiWhitespace(*output));
  return digits > 0 ? hash.substr(0, digits) : hash;
}

}  // namespace anneal
