// Protobuf messages in files.
#ifndef ANNEAL_FILEIO_PROTO_FILE_H_
#define ANNEAL_FILEIO_PROTO_FILE_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "fileio/backend_args.h"

namespace anneal::fileio {

// Reads a message of the type that `message` has: text where the path ends in
// .textproto, .pbtxt, .prototxt or .txtpb, binary else. InvalidArgument with
// the path, and for text line and column, for what is no such message, DataLoss
// for a binary one that is cut off or lacks a required field, either for one
// with more than 100 messages in each other; the backend's errors. `message` is
// undefined after an error.
absl::Status LoadProto(const std::string& path,
                       google::protobuf::Message* message,
                       const BackendArgs& args = {});

// The same of a file's bytes; `path` is its name.
absl::Status ReadProto(const std::string& bytes, const std::string& path,
                       google::protobuf::Message* message);

// Writes the file whole or not at all. InvalidArgument where a required field
// is missing.
absl::Status DumpProto(const google::protobuf::Message& message,
                       const std::string& path, const BackendArgs& args = {});

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_PROTO_FILE_H_
