// A text line by line.
#ifndef ANNEAL_FILEIO_LINE_READER_H_
#define ANNEAL_FILEIO_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "fileio/file_stream.h"

namespace anneal {

// Reads a UTF-8 text in the memory of its longest line.
class LineReader {
 public:
  // Bytes.
  static constexpr size_t kMaxLine = 64 << 20;

  // `translates_line_ends`: "\r\n" and "\r" end a line as "\n" does, else "\n"
  // alone. `input` outlives the reader.
  LineReader(InputStream* input, bool translates_line_ends)
      : input_(input), translates_line_ends_(translates_line_ends) {}

  // The next line without its end, valid until the next call; nullopt at the
  // text's end. InvalidArgument, with the line's number, for one that is not
  // UTF-8 or has more than kMaxLine; the stream's errors.
  absl::StatusOr<absl::optional<absl::string_view>> Next();

  // Lines that Next gave.
  int64_t num_lines() const { return num_lines_; }

 private:
  // Where the line at `begin_` ends in `buffer_`, reading as far as need be.
  absl::StatusOr<size_t> FindEnd();
  // Appends what comes next to the buffer. False: nothing does.
  absl::StatusOr<bool> ReadMore();

  InputStream* const input_;
  const bool translates_line_ends_;
  std::string buffer_;
  size_t begin_ = 0;
  // The last line ended in "\r": a "\n" that comes next belongs to it.
  bool has_carriage_return_ = false;
  int64_t num_lines_ = 0;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LINE_READER_H_
