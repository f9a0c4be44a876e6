// A storage backend in memory, for tests.
#ifndef ANNEAL_TESTS_SUPPORT_MEMORY_BACKEND_H_
#define ANNEAL_TESTS_SUPPORT_MEMORY_BACKEND_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "fileio/file_stream.h"

namespace anneal {

// What the backend of "mem://" holds. A test fills it; Put does too.
struct MemoryFile {
  std::string bytes;
  // What the server says; -1: as many as there are.
  int64_t size = -1;
  // After so many bytes Read fails; -1: never.
  int64_t breaks_after = -1;
  // Called before each Read.
  std::function<void()> before_read = nullptr;
};

std::map<std::string, MemoryFile>& MemoryFiles();

// The times that a file was opened, in this process and those it forked.
int NumOpened();

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_MEMORY_BACKEND_H_
