// What multipliers of a constructor multiply.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_BASE_SETTINGS_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_BASE_SETTINGS_H_

#include <google/protobuf/any.pb.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace anneal {

// An optimizer's config, as far as constructors look at it.
struct BaseSettings {
  // What its registry knows it as, for messages.
  std::string type;
  // As given, or the class's default. None: the class has none.
  absl::optional<double> lr;
  // None where the config doesn't give it, as in mmengine: multipliers of it
  // are then an error rather than without effect.
  absl::optional<double> weight_decay;
  // The fields there are; empty for a class that takes any.
  std::vector<std::string> fields;
};

// NotFound for a class that is not linked, InvalidArgument for an Any that
// does not parse.
absl::StatusOr<BaseSettings> ReadBaseSettings(
    const google::protobuf::Any& optimizer);

// InvalidArgument, naming `field`, where it multiplies what is not there.
absl::Status CheckMultiplies(absl::string_view field,
                             absl::string_view multiplied,
                             const absl::optional<double>& base,
                             const BaseSettings& settings);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_BASE_SETTINGS_H_
