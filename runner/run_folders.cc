#include "runner/run_folders.h"

#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dist/broadcast_status.h"
#include "utils/annotate.h"
#include "utils/errno_status.h"
#include "utils/path.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Makes <work_dir>/<timestamp> and returns the timestamp.
absl::StatusOr<std::string> MakeLogFolder(const std::string& work_dir) {
  RETURN_IF_ERROR(MkdirOrExist(work_dir));
  for (absl::Time start = absl::Now();; start += absl::Seconds(1)) {
    const std::string timestamp =
        absl::FormatTime("%Y%m%d_%H%M%S", start, absl::LocalTimeZone());
    const std::string folder = absl::StrCat(work_dir, "/", timestamp);
    if (mkdir(folder.c_str(), 0777) == 0) return timestamp;
    if (errno != EEXIST)
      return ErrnoStatus(errno, Access::kWrite, "make the folder", folder);
  }
}

}  // namespace

absl::StatusOr<RunFolders> MakeRunFolders(const RunnerConfig& config,
                                          const std::string& config_name,
                                          dist::Communicator* communicator) {
  RunFolders folders;
  const absl::StatusOr<std::string> work_dir = AbsolutePath(
      config.has_work_dir() ? ExpandUser(config.work_dir())
                            : absl::StrCat("work_dirs/", config_name));
  if (!work_dir.ok()) return Annotate(work_dir.status(), "work_dir");
  folders.work_dir = *work_dir;
  absl::StatusOr<std::string> made = std::string();
  if (communicator->is_main_rank()) made = MakeLogFolder(folders.work_dir);
  RETURN_IF_ERROR(
      dist::BroadcastStatus(*communicator, made.status(), /*source=*/0));
  Value timestamp = *made;
  RETURN_IF_ERROR(communicator->BroadcastObject(&timestamp, /*source=*/0));
  ASSIGN_OR_RETURN(folders.timestamp, timestamp.AsString("timestamp"));
  folders.log_dir = absl::StrCat(folders.work_dir, "/", folders.timestamp);
  folders.experiment_name = absl::StrCat(
      config.has_experiment_name() ? config.experiment_name() : config_name,
      "_", folders.timestamp);
  return folders;
}

}  // namespace anneal
