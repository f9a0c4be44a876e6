#include "device/device.h"

#include <ATen/Context.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <map>
#include <mutex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace anneal {
namespace {

// mmengine's order.
constexpr const char* kKinds[] = {"npu",  "cuda", "mlu", "mps",
                                  "musa", "dipu", "cpu"};

struct Kinds {
  std::mutex mutex;
  std::map<std::string, c10::DeviceType, std::less<>> types = {
      {"cpu", c10::kCPU}, {"cuda", c10::kCUDA}, {"mps", c10::kMPS}};

  static Kinds& Get() {
    static Kinds* kinds = new Kinds;
    return *kinds;
  }
};

absl::optional<c10::DeviceType> TypeOf(absl::string_view kind) {
  const std::lock_guard<std::mutex> lock(Kinds::Get().mutex);
  const auto it = Kinds::Get().types.find(kind);
  if (it == Kinds::Get().types.end()) return absl::nullopt;
  return it->second;
}

bool IsKnown(absl::string_view kind) {
  for (const char* known : kKinds) {
    if (kind == known) return true;
  }
  return TypeOf(kind).has_value();
}

// "N" of "cuda:N"; 0 where there is none, nullopt where it is no number.
absl::optional<int> IndexOf(absl::string_view name, size_t colon) {
  if (colon == name.npos) return 0;
  int index;
  const absl::string_view digits = name.substr(colon + 1);
  if (digits.find_first_not_of("0123456789") != digits.npos ||
      !absl::SimpleAtoi(digits, &index)) {
    return absl::nullopt;
  }
  return index;
}

absl::Status NothingBrings(absl::string_view name, absl::string_view kind) {
  return absl::InvalidArgumentError(absl::StrCat(
      "device \"", name, "\": Anneal has no backend for ", kind,
      "; use cpu or cuda, or link the vendor's library for LibTorch and call "
      "RegisterDeviceKind(\"",
      kind, "\", its device type)"));
}

}  // namespace

c10::Device GetDevice() {
  for (const char* kind : kKinds) {
    if (kind == std::string("cpu") || !IsDeviceAvailable(kind)) continue;
    return c10::Device(*TypeOf(kind), 0);
  }
  return c10::Device(c10::kCPU);
}

absl::Status RegisterDeviceKind(const std::string& kind, c10::DeviceType type) {
  const std::lock_guard<std::mutex> lock(Kinds::Get().mutex);
  const auto [it, is_new] = Kinds::Get().types.emplace(kind, type);
  if (is_new) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(
      "the kind of devices \"", kind, "\" is LibTorch's ",
      c10::DeviceTypeName(it->second, /*lower_case=*/true), " already"));
}

int NumDevices(absl::string_view kind) {
  const absl::optional<c10::DeviceType> type = TypeOf(kind);
  if (!type.has_value() || !c10::impl::hasDeviceGuardImpl(*type)) return 0;
  return c10::impl::getDeviceGuardImpl(*type)->deviceCount();
}

absl::StatusOr<c10::Device> ParseDevice(absl::string_view name) {
  const size_t colon = name.find(':');
  const absl::string_view kind = name.substr(0, colon);
  const absl::optional<int> index = IndexOf(name, colon);
  if (!IsKnown(kind) || !index.has_value() || (kind == "cpu" && *index > 0)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "device \"", name, "\" is unknown; use cpu, cuda or cuda:N"));
  }
  if (kind == "cpu") return c10::Device(c10::kCPU);
  if (kind == "cuda" && !at::hasCUDA()) {
    return absl::FailedPreconditionError(
        absl::StrCat("device \"", name,
                     "\": this program is built without "
                     "CUDA; build it with --config=cuda"));
  }
  const absl::optional<c10::DeviceType> type = TypeOf(kind);
  if (!type.has_value() || !c10::impl::hasDeviceGuardImpl(*type)) {
    return NothingBrings(name, kind);
  }
  const int count = NumDevices(kind);
  if (*index >= count) {
    return absl::FailedPreconditionError(
        absl::StrCat("device \"", name, "\": this machine has ", count, " ",
                     kind == "cuda" ? "CUDA" : kind, " devices"));
  }
  return c10::Device(*type, static_cast<c10::DeviceIndex>(*index));
}

void SynchronizeDevice(c10::Device device) {
  if (device.is_cpu() || !c10::impl::hasDeviceGuardImpl(device.type())) return;
  const auto* guard = c10::impl::getDeviceGuardImpl(device.type());
  guard->synchronizeDevice(device.has_index() ? device.index()
                                              : guard->getDevice().index());
}

}  // namespace anneal
