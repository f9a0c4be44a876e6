// Tests of a reader by tables.
#ifndef ANNEAL_CONFIG_READER_CASES_H_
#define ANNEAL_CONFIG_READER_CASES_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config {

using Reader = absl::StatusOr<Node> (*)(absl::string_view, const std::string&);

// A text and the tree it holds, as DumpFlow writes it.
struct ReaderCase {
  const char* name;
  const char* text;
  const char* flow;
};

// A text that is refused: "LINE:COLUMN" and a word of the message.
struct ReaderError {
  const char* name;
  const char* text;
  const char* place;
  const char* word;
};

void ExpectReads(Reader read, const ReaderCase& one);
void ExpectRefuses(Reader read, const ReaderError& one);

// The case's name.
template <typename Case>
std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_READER_CASES_H_
