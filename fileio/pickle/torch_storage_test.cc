#include "fileio/pickle/torch_storage.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(TorchStorage, KnowsTheClassOfADtype) {
  EXPECT_EQ(StorageClassName(c10::kBFloat16), "BFloat16Storage");
  EXPECT_EQ(StorageDtype("BFloat16Storage"), c10::kBFloat16);
  EXPECT_EQ(StorageDtype("LongStorage"), c10::kLong);
}

TEST(TorchStorage, HasNoClassForNewerDtypes) {
  EXPECT_EQ(StorageClassName(c10::kUInt16), absl::nullopt);
  EXPECT_EQ(StorageDtype(""), absl::nullopt);
  EXPECT_EQ(StorageDtype("FancyStorage"), absl::nullopt);
}

TEST(TorchStorage, NamesDtypesAsPythonDoes) {
  EXPECT_EQ(DtypeName(c10::kFloat), "float32");
  EXPECT_EQ(DtypeName(c10::kFloat8_e4m3fn), "float8_e4m3fn");
  EXPECT_EQ(DtypeByName("uint16"), c10::kUInt16);
}

TEST(TorchStorage, HasNoNameForWhatIsNotSaved) {
  EXPECT_EQ(DtypeName(c10::kQInt8), absl::nullopt);
  EXPECT_EQ(DtypeByName("qint8"), absl::nullopt);
}

}  // namespace
}  // namespace anneal
