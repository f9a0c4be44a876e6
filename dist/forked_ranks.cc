#include "dist/forked_ranks.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "dist/control_hub.h"
#include "logging/log.h"

namespace anneal::dist {
namespace {

// What rank 0 tells each other rank.
struct HubAddress {
  int port;
  char token[33];
};

std::string LastLine(int file) {
  struct stat info;
  ANNEAL_CHECK(fstat(file, &info) == 0) << "no output";
  std::string text(info.st_size, '\0');
  ANNEAL_CHECK(pread(file, &text[0], text.size(), 0) == info.st_size)
      << "can't read the output";
  absl::StripTrailingAsciiWhitespace(&text);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

ForkedRank::ForkedRank(int rank, int marks, int go, ControlPlane* plane)
    : rank_(rank), marks_(marks), go_(go), plane_(plane) {
  plane_->monitor().SetInterrupt([this] { interrupted_.set_value(); });
}

void ForkedRank::Mark() {
  ANNEAL_CHECK(write(marks_, "x", 1) == 1) << "can't mark";
}

void ForkedRank::WaitForGo() {
  char go;
  ANNEAL_CHECK(read(go_, &go, 1) == 1) << "may not go";
}

absl::Status ForkedRank::Collective(absl::string_view what) {
  plane_->monitor().collectives()->Enter(what);
  Mark();
  interrupted_.get_future().wait();
  return absl::UnavailableError("the process group was aborted");
}

ForkedRanks::ForkedRanks(int world_size, absl::Duration failure_timeout,
                         Body body)
    : world_size_(world_size), failure_timeout_(failure_timeout) {
  ANNEAL_CHECK(pipe(hub_address_) == 0 && pipe(marks_) == 0 && pipe(go_) == 0)
      << "no pipe";
  for (int rank = 0; rank < world_size; ++rank) {
    outputs_.push_back(memfd_create("output", 0));
  }
  processes_ = std::make_unique<ForkedProcesses>(world_size, [&](int rank) {
    dup2(outputs_[rank], STDOUT_FILENO);
    dup2(outputs_[rank], STDERR_FILENO);
    return RunRank(rank, body);
  });
}

ForkedRanks::~ForkedRanks() {
  processes_.reset();
  for (const int output : outputs_) close(output);
  for (const int* ends : {hub_address_, marks_, go_}) {
    close(ends[0]);
    close(ends[1]);
  }
}

int ForkedRanks::RunRank(int rank, const Body& body) {
  std::unique_ptr<ControlHub> hub;
  HubAddress address;
  if (rank == 0) {
    ControlHub::Options options;
    options.address = "127.0.0.1";
    options.world_size = world_size_;
    options.failure_timeout = failure_timeout_;
    hub = *ControlHub::Create(options);
    address.port = hub->port();
    hub->token().copy(address.token, sizeof(address.token));
    for (int i = 1; i < world_size_; ++i) {
      ANNEAL_CHECK(write(hub_address_[1], &address, sizeof(address)) ==
                   sizeof(address))
          << "can't tell the hub's address";
    }
  } else {
    ANNEAL_CHECK(read(hub_address_[0], &address, sizeof(address)) ==
                 sizeof(address))
        << "was not told the hub's address";
  }
  ControlPlane::Options options;
  options.failure_timeout = failure_timeout_;
  options.channel.host = "127.0.0.1";
  options.channel.port = address.port;
  options.channel.token.assign(address.token, 32);
  options.channel.rank = rank;
  options.channel.world_size = world_size_;
  std::unique_ptr<ControlPlane> plane = *ControlPlane::Join(options);
  ForkedRank self(rank, marks_[1], go_[0], plane.get());
  const absl::Status outcome = body(self);
  const absl::Status end =
      outcome.ok() ? plane->monitor().Leave() : plane->monitor().Fail(outcome);
  if (!end.ok()) ANNEAL_LOG(ERROR) << end.message();
  return end.ok() ? 0 : 1;
}

void ForkedRanks::WaitForMarks(int count) {
  char mark;
  for (int i = 0; i < count; ++i) {
    ANNEAL_CHECK(read(marks_[0], &mark, 1) == 1) << "no mark";
  }
}

void ForkedRanks::Go() {
  const std::string go(world_size_, 'x');
  ANNEAL_CHECK(write(go_[1], go.data(), go.size()) == world_size_) << "no go";
}

void ForkedRanks::Signal(int rank, int signal) {
  processes_->Signal(rank, signal);
}

RankEnd ForkedRanks::WaitFor(int rank) {
  RankEnd end;
  const int status = processes_->Wait(rank);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  end.last_line = LastLine(outputs_[rank]);
  return end;
}

std::vector<RankEnd> ForkedRanks::WaitForAll() {
  const absl::Time begin = absl::Now();
  std::vector<RankEnd> ends;
  for (int rank = 0; rank < world_size_; ++rank) {
    ends.push_back(WaitFor(rank));
    ends.back().after = absl::Now() - begin;
  }
  return ends;
}

}  // namespace anneal::dist
