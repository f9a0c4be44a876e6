#include "hooks/save_error.h"

#include "absl/strings/cord.h"

namespace anneal {
namespace {

constexpr char kNotOfStorage[] = "anneal.hooks.not_of_storage";

}  // namespace

absl::Status NotOfStorage(absl::Status error) {
  error.SetPayload(kNotOfStorage, absl::Cord());
  return error;
}

bool IsOfStorage(const absl::Status& error) {
  return !error.GetPayload(kNotOfStorage).has_value();
}

}  // namespace anneal
