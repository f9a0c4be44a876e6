// What the configs of bitsandbytes' optimizers have in common.
#ifndef ANNEAL_OPTIM_EIGHT_BIT_CONFIG_H_
#define ANNEAL_OPTIM_EIGHT_BIT_CONFIG_H_

#include <google/protobuf/message.h>

#include <cstdint>
#include <initializer_list>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace anneal {

// InvalidArgument where optim_bits, which some have, is neither 8 nor 32, and
// where one of `ignored`, arguments that the original takes and makes nothing
// of, is not its default.
absl::Status CheckEightBitConfig(
    const google::protobuf::Message& config,
    std::initializer_list<absl::string_view> ignored);

// The size from which on parameters have state in 8 bits: min_8bit_size where
// the name or optim_bits says so, else none has.
int64_t Min8BitSize(const google::protobuf::Message& config);

// The optimizer's name by its config's.
template <typename Config>
absl::string_view NameOfConfig() {
  absl::string_view name = Config::descriptor()->name();
  name.remove_suffix(sizeof("Config") - 1);
  return name;
}

// The same without "bnb_", "Paged" and the bits: the algorithm's.
template <typename Config>
absl::string_view AlgorithmOfConfig() {
  absl::string_view name = NameOfConfig<Config>();
  for (const char* before : {"bnb_", "Paged"}) {
    absl::ConsumePrefix(&name, before);
  }
  for (const char* bits : {"8bit", "32bit"}) absl::ConsumeSuffix(&name, bits);
  return name;
}

}  // namespace anneal

#endif  // ANNEAL_OPTIM_EIGHT_BIT_CONFIG_H_
