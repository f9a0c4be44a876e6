// Checkpoints from anywhere.
#ifndef ANNEAL_HUB_LOAD_CHECKPOINT_H_
#define ANNEAL_HUB_LOAD_CHECKPOINT_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fileio/backend_args.h"
#include "utils/value.h"

namespace anneal::hub {

// mmengine's CheckpointLoader: reads the .pth file that `uri` names.
//
//   work_dirs/epoch_12.pth, ~/net.pth, file:///net.pth    a file, as it is
//   torchvision://resnet50, openmmlab://, mmcls://        model_urls.h's table
//   https://example.org/net-0123abcd.pth, http://         Download
//   s3://bucket/net.pth and whatever storage backends serve: read each time,
//   not kept, as it may be another tomorrow
//
// Of mmcls://, whose models are classifiers, the backbone's weights are taken:
// {"state_dict": {name without "backbone.": tensor}}. Errors are those of
// FindModelUrl, Download, fileio and LoadPth. All ranks of a run may call it:
// one downloads. HTTP and S3 are linked with this unit, other storage backends
// are the program's to link. `args`: of the storage backend; with them a `uri`
// without a scheme is a key or path of the backend they name.
absl::StatusOr<Value> LoadCheckpoint(const std::string& uri,
                                     const fileio::BackendArgs& args = {});

// Reads what `uri`, which has the prefix, names.
using CheckpointReader =
    std::function<absl::StatusOr<Value>(const std::string& uri)>;

// Lets `reader` read URIs that begin with `prefix` ("zoo://"), before all
// others; the longest prefix counts. AlreadyExists where one has it.
// Thread-safe.
absl::Status RegisterCheckpointReader(const std::string& prefix,
                                      CheckpointReader reader);

}  // namespace anneal::hub

#endif  // ANNEAL_HUB_LOAD_CHECKPOINT_H_
