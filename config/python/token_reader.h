// The tokens of a `.py` config, one after another.
#ifndef ANNEAL_CONFIG_PYTHON_TOKEN_READER_H_
#define ANNEAL_CONFIG_PYTHON_TOKEN_READER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/python/lexer.h"
#include "config/python/parser.h"
#include "config/python/syntax.h"

namespace anneal::config::python {

// Looks at tokens, takes them, and says what stands where another was expected.
class TokenReader {
 public:
  // Both outlive it. The last token is Token::kEnd.
  TokenReader(const Source &source, const std::vector<Token> *tokens)
      : source_(source), tokens_(*tokens) {}

  const Token &peek() const { return tokens_[position_]; }
  // The one behind it, of a token that is not the last.
  const Token &peek_next() const { return tokens_[position_ + 1]; }
  Mark mark() const { return MarkOf(peek()); }
  Mark MarkOf(const Token &token) const {
    return Mark{source_.file, token.line, token.column};
  }
  // Past the token at hand, which is not the last one.
  void Skip() { ++position_; }

  bool IsKeyword(absl::string_view word) const;
  bool IsOperator(absl::string_view text) const;
  // Past the token if it is that one.
  bool TakeKeyword(absl::string_view word);
  bool TakeOperator(absl::string_view text);
  absl::Status Expect(absl::string_view text);
  absl::Status ExpectKeyword(absl::string_view word);
  // A name that is no keyword.
  absl::StatusOr<std::string> Identifier();

  // InvalidArgument at the token at hand.
  absl::Status Error(absl::string_view message) const;
  absl::Status ErrorAt(Mark mark, absl::string_view message) const;
  // The token at hand, for a message.
  std::string Described() const;

  const Source &source() const { return source_; }

 private:
  const Source &source_;
  const std::vector<Token> &tokens_;
  size_t position_ = 0;
};

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_TOKEN_READER_H_
