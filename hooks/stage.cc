#include "hooks/stage.h"

namespace anneal {

absl::string_view StageName(Stage stage) {
  static constexpr absl::string_view kNames[kNumStages] = {
      "before_run",        "after_load_checkpoint",
      "before_train",      "before_train_epoch",
      "before_train_iter", "after_train_iter",
      "after_train_epoch", "before_val",
      "before_val_epoch",  "before_val_iter",
      "after_val_iter",    "after_val_epoch",
      "after_val",         "before_save_checkpoint",
      "after_train",       "before_test",
      "before_test_epoch", "before_test_iter",
      "after_test_iter",   "after_test_epoch",
      "after_test",        "after_run",
  };
  return kNames[static_cast<int>(stage)];
}

}  // namespace anneal
