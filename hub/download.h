// Files of the net, kept.
#ifndef ANNEAL_HUB_DOWNLOAD_H_
#define ANNEAL_HUB_DOWNLOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "fileio/backend_args.h"
#include "utils/track_progress.h"

namespace anneal::hub {

struct DownloadOptions {
  // Where the file is kept, made if absent. "": what has a hash in its name,
  // <name>-<8 or more hexadecimal digits>.<suffix>, in Python's torch.hub's
  // folder (TorchHubFolder()/checkpoints), so that both share it; what has
  // none in a folder of its URL's own below AnnealHome()/downloads.
  std::string folder;
  // "": what the URL's path has after its last slash.
  std::string file_name;
  // Whether a hash in the name must be the beginning of the content's SHA-256.
  // Eight digits that are a date are no hash.
  bool check_hash = true;
  // Whether only what is kept already may be used. Unset: whether the
  // environment variable ANNEAL_OFFLINE is set, to something other than 0.
  absl::optional<bool> offline;
  // A bar on standard error, by MiB.
  ShowBar progress = ShowBar::kOnTerminal;
  // Of the storage backend that serves the URL.
  fileio::BackendArgs backend_args;
};

// The local path of what `url` names: https://, s3:// or whatever storage
// backends are linked. It is read once, streaming, by one process of those that
// ask, while the others wait; it appears in its folder whole and verified or
// not at all. A file that is kept is not looked at again.
//
// InvalidArgument for a URL without a file's name, FailedPrecondition where it
// is not kept and `offline`, DataLoss for a wrong hash or length, else the
// backend's or file system's error. Passwords and queries in the URL stay out
// of log and errors.
absl::StatusOr<std::string> Download(const std::string& url,
                                     const DownloadOptions& options = {});

// The hash in a file's name, "0676ba61" of "resnet50-0676ba61.pth"; "": none.
std::string HashInName(const std::string& file_name);

}  // namespace anneal::hub

#endif  // ANNEAL_HUB_DOWNLOAD_H_
