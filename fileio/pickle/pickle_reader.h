// Pickles of tensors, read without running anything.
#ifndef ANNEAL_FILEIO_PICKLE_PICKLE_READER_H_
#define ANNEAL_FILEIO_PICKLE_PICKLE_READER_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/pickle/pickle_machine.h"
#include "fileio/pickle/rebuild_tensor.h"
#include "utils/value.h"

namespace anneal {

struct PickleResult {
  Value value;
  // Bytes that the pickle took.
  size_t size = 0;
};

// Reads the pickle at the start of `bytes`: RunPickle's graph as a Value.
// Nothing is imported, called or executed.
//
//   tensors, parameters                      tensors, which share storages
//   dict, OrderedDict                        dict; attributes are left out
//   tuple, set, torch.Size                   list
//   bytes                                    bytes
//   numpy's arrays and scalars               tensors and numbers
//   mmengine's HistoryBuffer                 Anneal's state_dict of one
//   any other global `name`                  {"__global__": name}
//   any other call   {"__global__": name, "args": [...], and where it has them
//                     "state": ..., "items": {...}, "appended": [...]}
//
// A call that comes again inside of itself is {"__global__": name}.
//
// RunPickle's errors; InvalidArgument, with the path of the value, for a tensor
// that reaches out of its storage, a key that is neither text nor integer, or
// more nesting or values than `limits` allow; what `storages` returns.
absl::StatusOr<PickleResult> ReadPickle(absl::string_view bytes,
                                        const StorageLoader& storages,
                                        const PickleLimits& limits = {});

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_PICKLE_READER_H_
