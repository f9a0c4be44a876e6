// Why a checkpoint was not saved.
#ifndef ANNEAL_HOOKS_SAVE_ERROR_H_
#define ANNEAL_HOOKS_SAVE_ERROR_H_

#include "absl/status/status.h"

namespace anneal {

// `error` as Run::SaveCheckpoint returns it where it is not one of the writing,
// which all ranks get alike: what only this rank has met, and a broken
// collective. The run can't go on from it, whatever its code is.
absl::Status NotOfStorage(absl::Status error);
bool IsOfStorage(const absl::Status& error);

}  // namespace anneal

#endif  // ANNEAL_HOOKS_SAVE_ERROR_H_
