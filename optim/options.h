// An optimizer's options: from its config, and their ranges.
#ifndef ANNEAL_OPTIM_OPTIONS_H_
#define ANNEAL_OPTIM_OPTIONS_H_

#include <google/protobuf/message.h>

#include <initializer_list>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "utils/value.h"

namespace anneal {

// The config's fields in the order of their declaration, as Python's
// `defaults`: set or default values, None for a field that has neither. Fields
// in `left_out` are arguments that are no options of a group.
Dict OptionsOf(const google::protobuf::Message& config,
               absl::Span<const absl::string_view> left_out = {});

// Sets the repeated field `field` to `numbers` where it is empty: what a
// default is for one.
template <typename Repeated>
void SetDefault(std::initializer_list<double> numbers, Repeated* field) {
  if (!field->empty()) return;
  for (const double number : numbers) field->Add(number);
}

// Each of these is InvalidArgument, with name, value and range, unless the
// option is

// finite and not negative;
absl::Status CheckNotNegative(const Dict& options, absl::string_view name);
absl::Status CheckNotNegative(const Dict& options,
                              std::initializer_list<absl::string_view> names);
// finite and above 0;
absl::Status CheckPositive(const Dict& options, absl::string_view name);
// at least 0 and below 1;
absl::Status CheckFraction(const Dict& options, absl::string_view name);
// finite;
absl::Status CheckFinite(const Dict& options, absl::string_view name);
// a list of as many reals as given, each in [0, 1);
absl::Status CheckBetas(const Dict& options, int count = 2);
// a list of so many reals, which are finite.
absl::Status CheckReals(const Dict& options, absl::string_view name, int count);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_OPTIONS_H_
