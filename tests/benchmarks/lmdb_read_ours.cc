// lmdb_read_ours DATABASE N: N gets of the keys 00000000 up, in the order of a
// stride; prints nanoseconds a get.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fileio/lmdb/lmdb_backend.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  anneal::LmdbOptions options;
  options.db_path = argv[1];
  const auto backend = anneal::LmdbBackend::Create(options);
  if (!backend.ok()) return 1;
  const int count = std::atoi(argv[2]);
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) {
    keys.push_back(absl::StrFormat("%08d", int64_t{i} * 7919 % count));
  }
  size_t total = 0;
  const absl::Time start = absl::Now();
  for (const std::string& key : keys) {
    const auto value = (*backend)->Get(key);
    if (!value.ok()) return 1;
    total += value->size();
  }
  const absl::Duration spent = absl::Now() - start;
  std::printf("%f %zu\n", absl::ToDoubleNanoseconds(spent) / count, total);
  return 0;
}
