// Settings of parameters by a part of their name.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_CUSTOM_KEYS_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_CUSTOM_KEYS_H_

#include <google/protobuf/map.h>
#include <google/protobuf/struct.pb.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "optim/constructors/base_settings.h"
#include "utils/value.h"

namespace anneal {

// paramwise_cfg.custom_keys: the longest key that is part of a parameter's
// name decides, of several equally long ones the first by alphabet.
class CustomKeys {
 public:
  struct Entry {
    std::string key;
    double lr_mult = 1;
    double decay_mult = 1;
    // All that the key has: lr_mult and decay_mult first.
    Dict settings;
  };

  // InvalidArgument for an empty key, for a multiplier that is negative, no
  // number or multiplies nothing, and for a setting that is no option of the
  // optimizer.
  static absl::StatusOr<CustomKeys> Create(
      const google::protobuf::Map<std::string, google::protobuf::Struct>&
          config,
      const BaseSettings& base);

  // Null: no key is part of `name`.
  const Entry* Match(absl::string_view name) const;

  // Logs a warning for each key that is part of none of `names`: a typo, or a
  // model that has changed.
  void WarnOfUnmatched(const std::vector<std::string>& names) const;

 private:
  std::vector<Entry> entries_;  // in the order of their precedence
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_CUSTOM_KEYS_H_
