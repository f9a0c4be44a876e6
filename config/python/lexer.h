// Text of a `.py` config -> tokens.
#ifndef ANNEAL_CONFIG_PYTHON_LEXER_H_
#define ANNEAL_CONFIG_PYTHON_LEXER_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/node.h"

namespace anneal::config::python {

struct Token {
  enum Kind : char {
    kName,  // keywords too
    kNumber,
    kString,  // with its prefix and quotes
    kOperator,
    // {{ _base_.a.b }}, outside of quotes; the text is "a.b".
    kBaseReference,
    kNewline,
    kIndent,
    kDedent,
    kEnd,
  };

  Kind kind;
  int line;
  int column;  // of code points
  absl::string_view text;
};

struct Tokens {
  std::vector<Token> tokens;  // the last one is kEnd
  // What {{ $NAME:default }} outside of quotes became; tokens point into it.
  std::deque<std::string> substituted;
};

// Where a text starts: a whole file, or an expression inside an f-string, which
// has no lines of its own.
struct LexStart {
  std::shared_ptr<const std::string> origin;
  int line = 1;
  int column = 1;
  bool is_expression = false;
};

// Python 3.11's tokens. `text` is UTF-8 and outlives them. mmengine replaces
// {{ $NAME:default }} in the text of a file: outside of quotes it is replaced
// here, inside by the parser. InvalidArgument, with line and column, for what
// is no token, brackets that don't match, and indentation that fits no block.
absl::StatusOr<Tokens> Lex(absl::string_view text, const LexStart& start);

// `{{ $NAME:default }}` at the start of `text`, as mmengine finds it, of at
// most 1000 bytes.
struct EnvironmentReference {
  absl::string_view name;
  absl::string_view fallback;
  size_t size = 0;  // 0: there is none
};
EnvironmentReference FindEnvironmentReference(absl::string_view text);

// Its value, as ReadEnvironment (config/file_variables.h) gives it.
absl::StatusOr<std::string> Resolve(const EnvironmentReference& reference,
                                    const Place& place);

// Code points of UTF-8.
int CountCodePoints(absl::string_view text);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_LEXER_H_
