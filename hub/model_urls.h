// Where published models are.
#ifndef ANNEAL_HUB_MODEL_URLS_H_
#define ANNEAL_HUB_MODEL_URLS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal::hub {

// The table behind "torchvision://resnet50", "openmmlab://resnet50_caffe" and
// "mmcls://vgg11": model_urls.txt, what AnnealHome()'s own model_urls.txt adds
// or replaces (read at first use, lines "SCHEME NAME URL") and what
// RegisterModelUrl adds. "modelzoo" and "open-mmlab", which are deprecated, are
// torchvision and openmmlab. Thread-safe.

// Whether the table knows the scheme. InvalidArgument where the user's table
// can't be read.
absl::StatusOr<bool> IsModelScheme(absl::string_view scheme);

// The URL, or a path in AnnealHome(), of `name`; logs a warning for a
// deprecated name. NotFound, with the nearest name, for an unknown one.
absl::StatusOr<std::string> FindModelUrl(absl::string_view scheme,
                                         absl::string_view name);

// The scheme's names, sorted.
absl::StatusOr<std::vector<std::string>> ModelNames(absl::string_view scheme);

// Makes "scheme://name" stand for `url`, in a scheme of one's own too.
// AlreadyExists where it stands for something.
absl::Status RegisterModelUrl(const std::string& scheme,
                              const std::string& name, const std::string& url);

}  // namespace anneal::hub

#endif  // ANNEAL_HUB_MODEL_URLS_H_
