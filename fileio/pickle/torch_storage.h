// Names of torch's dtypes and storage classes.
#ifndef ANNEAL_FILEIO_PICKLE_TORCH_STORAGE_H_
#define ANNEAL_FILEIO_PICKLE_TORCH_STORAGE_H_

#include <c10/core/ScalarType.h>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace anneal {

// kFloat for "FloatStorage"; nullopt for a name torch.save does not write.
absl::optional<c10::ScalarType> StorageDtype(absl::string_view class_name);

// "FloatStorage" for kFloat; nullopt for a dtype without a typed storage, which
// torch.save writes as an untyped one.
absl::optional<absl::string_view> StorageClassName(c10::ScalarType dtype);

// kFloat8_e5m2 for "float8_e5m2"; nullopt for what is no dtype, or none that
// Anneal saves.
absl::optional<c10::ScalarType> DtypeByName(absl::string_view name);

// "float8_e5m2" for kFloat8_e5m2; nullopt as above.
absl::optional<absl::string_view> DtypeName(c10::ScalarType dtype);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_TORCH_STORAGE_H_
