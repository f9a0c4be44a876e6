// Configs of registered classes for tests.
#ifndef ANNEAL_OPTIM_TEXT_CONFIG_H_
#define ANNEAL_OPTIM_TEXT_CONFIG_H_

#include <google/protobuf/any.pb.h>

#include <string>

#include "absl/strings/string_view.h"

namespace anneal {

// The config of `class_name` in the registry `kind`, from a text protobuf. Dies
// if there is no such class or field.
google::protobuf::Any TextConfig(absl::string_view kind,
                                 absl::string_view class_name,
                                 const std::string& text);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_TEXT_CONFIG_H_
