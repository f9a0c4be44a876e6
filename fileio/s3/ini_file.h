// Sections of "name = value" lines: ~/.aws/credentials, ~/petreloss.conf.
#ifndef ANNEAL_FILEIO_S3_INI_FILE_H_
#define ANNEAL_FILEIO_S3_INI_FILE_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Name -> value.
using IniSection = std::map<std::string, std::string>;
// Section -> its values.
using IniFile = std::map<std::string, IniSection>;

// Parses such a file's text:
//
//   # a comment, also after ";"; blank lines
//   [profile one]
//   name = value
//   s3 =
//     addressing_style = path    # the value "s3.addressing_style"
//
// Names are in lower case. `path` is for errors: InvalidArgument for a line
// that is neither, for a name or section that comes twice and for a line before
// the first section; it gives the line's number and never its text, which may
// be a secret.
absl::StatusOr<IniFile> ParseIni(absl::string_view text,
                                 absl::string_view path);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_INI_FILE_H_
