#include "fileio/line_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr size_t kPiece = 1 << 18;

}  // namespace

absl::StatusOr<bool> LineReader::ReadMore() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t size = buffer_.size();
  buffer_.resize(size + kPiece);
  const absl::StatusOr<size_t> got = input_->Read(&buffer_[size], kPiece);
  buffer_.resize(size + got.value_or(0));
  RETURN_IF_ERROR(got.status());
  return *got > 0;
}

absl::StatusOr<size_t> LineReader::FindEnd() {
  const char* const ends = translates_line_ends_ ? "\r\n" : "\n";
  size_t searched = 0;  // of the line
  while (true) {
    const size_t end = buffer_.find_first_of(ends, begin_ + searched);
    if (end != buffer_.npos) return end;
    searched = buffer_.size() - begin_;
    if (searched > kMaxLine) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", num_lines_ + 1, " has more than ",
                       kMaxLine >> 20, " MiB; is it a text?"));
    }
    ASSIGN_OR_RETURN(const bool is_more, ReadMore());
    if (!is_more) return buffer_.size();
  }
}

absl::StatusOr<absl::optional<absl::string_view>> LineReader::Next() {
  if (begin_ == buffer_.size()) RETURN_IF_ERROR(ReadMore().status());
  if (has_carriage_return_ && begin_ < buffer_.size() &&
      buffer_[begin_] == '\n') {
    ++begin_;
  }
  has_carriage_return_ = false;
  ASSIGN_OR_RETURN(const size_t end, FindEnd());
  const absl::string_view line(&buffer_[begin_], end - begin_);
  const bool is_at_end = end == buffer_.size();
  if (is_at_end && line.empty()) {
    return absl::optional<absl::string_view>();
  }
  if (!IsUtf8(line)) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", num_lines_ + 1,
                     " is no UTF-8 text; convert the file (iconv -t UTF-8)"));
  }
  ++num_lines_;
  has_carriage_return_ = !is_at_end && buffer_[end] == '\r';
  begin_ = std::min(end + 1, buffer_.size());
  return absl::make_optional(line);
}

}  // namespace anneal
