// What {{ ... }} and ${...} in a config file stand for.
#ifndef ANNEAL_CONFIG_REFERENCES_H_
#define ANNEAL_CONFIG_REFERENCES_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config {

// The references that the strings of one file may hold (config_file.h lists
// them): to the file itself, the environment and the merged bases.
class References {
 public:
  // `bases` must outlive it.
  References(std::string path, const Node* bases)
      : path_(std::move(path)), bases_(bases) {}

  // Replaces all references in the strings of a tree. InvalidArgument, with the
  // string's place, for one that stands for nothing, is not closed, or would
  // put a dict or a list inside a string; and where those of this file together
  // copy more than a million values.
  absl::Status Substitute(Node* node);

 private:
  absl::StatusOr<Node> LookUp(absl::string_view path, const Place& place);
  absl::StatusOr<Node> Resolve(absl::string_view expression,
                               const Place& place);
  absl::Status SubstituteString(Node* node);

  std::string path_;
  const Node* bases_;
  // Values that references copied: references to references multiply.
  int64_t num_copied_ = 0;
};

// A scalar as it stands inside a string: "0.1", "True", "None".
std::string ScalarText(const Node& node);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_REFERENCES_H_
