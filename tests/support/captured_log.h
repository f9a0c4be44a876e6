// What a test's code logs.
#ifndef ANNEAL_TESTS_SUPPORT_CAPTURED_LOG_H_
#define ANNEAL_TESTS_SUPPORT_CAPTURED_LOG_H_

#include <string>
#include <vector>

namespace anneal {

// Lets the log, from DEBUG up, go to a file of the test's temporary folder.
class CapturedLog {
 public:
  // Dies where the file can't be made.
  CapturedLog();

  // The lines since then, as "INFO - text"; errors have their source file,
  // function and line before the text.
  std::vector<std::string> Lines() const;

 private:
  std::string path_;
};

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_CAPTURED_LOG_H_
