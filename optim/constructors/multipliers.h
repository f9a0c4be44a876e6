// The multipliers of a constructor's config.
#ifndef ANNEAL_OPTIM_CONSTRUCTORS_MULTIPLIERS_H_
#define ANNEAL_OPTIM_CONSTRUCTORS_MULTIPLIERS_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "optim/constructors/base_settings.h"

namespace anneal {

// InvalidArgument for a double of `config`, a message without messages of
// doubles, that is negative or not finite.
absl::Status CheckMultipliers(const google::protobuf::Message& config);

// InvalidArgument for one that is set and multiplies what `base` lacks:
// "..._lr_mult" the learning rate, "..._decay_mult" the weight decay.
absl::Status CheckMultiplied(const google::protobuf::Message& config,
                             const BaseSettings& base);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CONSTRUCTORS_MULTIPLIERS_H_
